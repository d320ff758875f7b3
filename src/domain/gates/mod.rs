//! Gates: the conditions that a claim or a landing must meet. One gate, one pure file, one line
//! in a registry below. A gate answers with what is unmet, never with an action.

mod alternatives;
mod claim;
mod land;
mod page;
mod waiver;

mod agent_busy;
mod also_change;
mod check_edited;
mod check_trivial;
mod co_edited;
mod contract_owner;
mod dependency;
mod evidence_owed;
mod evidence_tier;
mod exclusive_group;
mod generated_files;
mod governance_untouched;
mod high_risk;
mod identity_map;
mod lane_busy;
mod linear_history;
mod merge_order;
mod not_before;
mod package_sound;
mod parent_waits;
mod parked;
mod path_reservation;
mod paths_owned;
mod plan_sound;
mod probes_ready;
mod protected_tests;
mod remote_execution;
mod rerun_identity;
mod review_owed;
mod role_known;
mod stage_executor;
mod stage_gap;
mod stage_gate;
mod stage_owed;
mod submission_unchanged;
mod task_open;
mod workstation_ready;

pub use alternatives::propose;
pub use check_edited::approved;
pub use claim::{ClaimCase, ClaimGate, choose_lane};
pub use co_edited::behind;
pub use governance_untouched::governs;
pub use high_risk::shows_more;
pub use identity_map::lists;
pub use land::{LandCase, LandGate, checks_due, checks_owed};
pub use merge_order::{lands_before, predecessors};
pub use page::Page;
use page::always;
pub use paths_owned::{Boundary, Crossing, owned_by};
pub use probes_ready::{UNPROBED, probed};
pub(in crate::domain) use probes_ready::{failed, unprobed};
pub use protected_tests::{approval, told};
pub use stage_executor::stranger;
pub use stage_gate::{shut, work_checked};
pub use task_open::inactive_block;
pub use waiver::{is_lifted, page_of, waivable};
pub(in crate::domain) use workstation_ready::{can_do, in_service, since};
pub use workstation_ready::{stands_against, takes_claim};

/// The gates of a claim, in the order in which a reader wants them.
pub const CLAIM: &[ClaimGate] = &[
    plan_sound::CLAIM_GATE,
    role_known::GATE,
    task_open::GATE,
    dependency::CLAIM_GATE,
    parked::GATE,
    not_before::GATE,
    stage_gap::GATE,
    stage_owed::GATE,
    stage_gate::CLAIM_GATE,
    lane_busy::GATE,
    agent_busy::GATE,
    exclusive_group::GATE,
    path_reservation::GATE,
    identity_map::GATE,
    rerun_identity::GATE,
    stage_executor::GATE,
    workstation_ready::GATE,
    remote_execution::GATE,
    probes_ready::GATE,
    package_sound::GATE,
];

/// The gates that a claim in progress keeps others from: what it occupies. A claim that comes back
/// to work, after a block, a review or its lease, must meet them again.
pub const OCCUPANCY: &[ClaimGate] = &[
    lane_busy::GATE,
    exclusive_group::GATE,
    path_reservation::GATE,
];

/// The gates of a landing.
pub const LAND: &[LandGate] = &[
    plan_sound::LAND_GATE,
    submission_unchanged::GATE,
    dependency::LAND_GATE,
    merge_order::GATE,
    parent_waits::GATE,
    linear_history::GATE,
    governance_untouched::GATE,
    paths_owned::GATE,
    contract_owner::GATE,
    co_edited::GATE,
    also_change::GATE,
    review_owed::GATE,
    protected_tests::GATE,
    generated_files::GATE,
    stage_gate::LAND_GATE,
    evidence_owed::GATE,
    evidence_tier::GATE,
    high_risk::GATE,
    check_trivial::GATE,
    check_edited::GATE,
];

/// The gates of a landing that look at the branch alone. A handoff must meet them already, as far
/// as waiting would not help: nobody reviews what can never land.
pub const HANDOFF: &[LandGate] = &[
    linear_history::GATE,
    governance_untouched::GATE,
    paths_owned::GATE,
    contract_owner::GATE,
    co_edited::GATE,
    also_change::GATE,
    high_risk::GATE,
    check_trivial::GATE,
];

#[cfg(test)]
mod tests;
