//! `path-reservation`: tasks in progress own disjoint paths, as far as policy asks (X9).

use super::{ClaimCase, ClaimGate};
use crate::domain::policy::Reservations;
use crate::domain::refusal::{Holder, Unmet};

pub(super) const GATE: ClaimGate = ClaimGate {
    id: "path-reservation",
    about: "the task's owned paths are disjoint from those of tasks in progress",
    check,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let snapshot = case.snapshot;
    let policy = &snapshot.rules.policy;
    if policy.path_reservations == Reservations::Off || case.task.owned_paths.is_empty() {
        return Vec::new();
    }
    let mut unmet: Vec<Unmet> = snapshot
        .states
        .occupying(policy, case.now)
        .filter(|(id, _)| **id != case.task.id)
        .filter_map(|(id, claim)| {
            let other = snapshot.plan.get(id)?;
            let (mine, theirs) = case.task.owned_paths.iter().find_map(|mine| {
                other
                    .owned_paths
                    .iter()
                    .find(|theirs| mine.overlaps(theirs))
                    .map(|theirs| (mine, theirs))
            })?;
            let message = format!(
                "`{mine}` overlaps `{theirs}` of `{id}`, held by {} until {}",
                claim.agent, claim.expires_at
            );
            let unmet = Unmet::conflict(GATE.id, message).held_by(Holder::claim(id, claim));
            Some(Unmet {
                warning: policy.path_reservations == Reservations::Warn,
                ..unmet
            })
        })
        .collect();
    unmet.sort_by(|a, b| a.message.cmp(&b.message));
    unmet
}
