//! `exclusive-group`: of each group one task at a time is in progress (X9).

use super::{ClaimCase, ClaimGate};
use crate::domain::refusal::{Holder, Unmet};

pub(super) const GATE: ClaimGate = ClaimGate {
    id: "exclusive-group",
    about: "no other task of the task's exclusive groups is in progress",
    check,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    if case.task.exclusive.is_empty() {
        return Vec::new();
    }
    let snapshot = case.snapshot;
    let mut unmet: Vec<Unmet> = snapshot
        .states
        .occupying(&snapshot.rules.policy, case.now)
        .filter(|(id, _)| **id != case.task.id)
        .filter_map(|(id, claim)| {
            let other = snapshot.plan.get(id)?;
            let group = case
                .task
                .exclusive
                .iter()
                .find(|g| other.exclusive.contains(g))?;
            let message = format!(
                "group `{group}` is taken by `{id}`, held by {} until {}",
                claim.agent, claim.expires_at
            );
            Some(Unmet::conflict(GATE.id, message).held_by(Holder::claim(id, claim)))
        })
        .collect();
    unmet.sort_by(|a, b| a.message.cmp(&b.message));
    unmet
}
