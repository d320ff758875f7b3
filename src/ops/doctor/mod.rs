//! `doctor`: what is wrong with this repository, and putting it right (PROMISES P7).
//!
//! An ailment is a file of its own with a line in [`ALL`]: it finds, says what, where and why, and
//! knows the cure. Invariants:
//!
//! - Looking changes nothing, and goes on where the ledger or the rules do not read: that is a
//!   finding too. Nothing uses the network but a repair that has to.
//! - A repair is described before it is done, one at a time, and looks again before it acts.
//! - A repair discards no work. Commits that nothing else reaches are saved or stay; uncommitted
//!   changes stop it; then the finding stays, with the reason.

mod broken_worktree;
mod checkout_journal;
mod claim_journal;
mod claim_without_lane;
mod finding;
mod forged_commit;
mod ledger_checked_out;
mod merge_driver;
mod missing_worktree;
mod orphan_branch;
mod patient;
mod pending_chain;
mod rewritten;
mod scratch_worktree;
mod stale_binding;
mod stale_hooks;
mod stale_lock;
mod stray_worktree;
mod temporary_file;
mod torn_landing;
mod unfinished_worktree;
mod unreadable;

pub use finding::{Ailment, Cure, Finding, Mended, Severity};
pub use patient::Patient;
pub use unreadable::record_checkout;
pub(in crate::ops) use unreadable::remedy;

/// Every ailment, in the order in which they are looked for and repaired: locks first, because
/// they stop the other repairs.
pub const ALL: [&Ailment; 20] = [
    &stale_lock::AILMENT,
    &checkout_journal::AILMENT,
    &unreadable::AILMENT,
    &rewritten::AILMENT,
    &forged_commit::AILMENT,
    &ledger_checked_out::AILMENT,
    &torn_landing::AILMENT,
    &pending_chain::AILMENT,
    &claim_journal::AILMENT,
    &unfinished_worktree::AILMENT,
    &scratch_worktree::AILMENT,
    &missing_worktree::AILMENT,
    &broken_worktree::AILMENT,
    &stray_worktree::AILMENT,
    &stale_binding::AILMENT,
    &claim_without_lane::AILMENT,
    &orphan_branch::AILMENT,
    &temporary_file::AILMENT,
    &stale_hooks::AILMENT,
    &merge_driver::AILMENT,
];

/// Looks for every ailment. One that cannot be looked for is a finding.
#[must_use]
pub fn examine(patient: &Patient) -> Vec<Finding> {
    let mut found = Vec::new();
    for ailment in ALL {
        match (ailment.find)(patient) {
            Ok(findings) => found.extend(findings),
            Err(error) => found.push(Finding {
                ailment: ailment.id,
                severity: Severity::Warning,
                what: format!("cannot look for {}", ailment.about),
                place: patient.place(),
                why: error.to_string(),
                cure: Cure::Hand("mend what stands in the way, then `laneway doctor`".to_owned()),
            }),
        }
    }
    found
}
