//! The marker of a ledger: which branch it is, what it guards, who decides, by which law.

use super::id::BranchName;
use super::policy::Authority;

/// `governance/ledger.yaml` of the ledger branch. It decides; a policy that says otherwise is a
/// finding (DESIGN §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The branch the ledger lives on; a copy under another name is no ledger.
    pub branch: BranchName,
    /// The integration branch it guards.
    pub target: BranchName,
    /// Where a mutation is decided.
    pub authority: Authority,
    /// The law in force, from 1 (DESIGN §4).
    pub law: u32,
}
