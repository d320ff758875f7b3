//! `exclusive-group`: of each group one task at a time is in progress (X9).

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::id::{GroupName, TaskId};
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::state::Claim;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "exclusive-group",
        about: "no other task of the task's exclusive groups is in progress",
        refusals: &[],
        keys: &["task: exclusive"],
        text: "Tasks that name a group in `exclusive` touch something of which there is one, such \
               as the order of database migrations. The group is free once its task is handed off, \
               blocked or released.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| taken(case).next().is_none(),
};

/// Every other task in progress that shares a group with the task.
fn taken<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = (&'a TaskId, &'a Claim, &'a GroupName)> {
    let (snapshot, task) = (case.snapshot, case.task);
    let others = snapshot
        .states
        .occupying(&snapshot.rules.policy, case.now)
        .filter(|(id, _)| **id != task.id);
    others
        .take_while(|_| !task.exclusive.is_empty())
        .filter_map(|(id, claim)| {
            let other = snapshot.plan.get(id)?;
            let group = task
                .exclusive
                .iter()
                .find(|group| other.exclusive.contains(group))?;
            Some((id, claim, group))
        })
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    taken(case)
        .map(|(id, claim, group)| {
            let message = format!(
                "group `{group}` is taken by `{id}`, held by {} until {}",
                claim.agent, claim.expires_at
            );
            Unmet::conflict(GATE.page.id, message).held_by(Holder::claim(id, claim))
        })
        .collect()
}
