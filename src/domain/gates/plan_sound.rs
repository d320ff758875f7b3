//! `plan-unsound`: a task whose definition contradicts another is refused, and only that task
//! (DESIGN §2). It neither starts nor lands: which dependencies and paths count is unknown.

use super::{ClaimCase, ClaimGate, LandCase, LandGate, Page, always};
use crate::domain::id::TaskId;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;

const ID: &str = "plan-unsound";

const PAGE: Page = Page {
    id: ID,
    about: "a task is defined once, and everything it names exists",
    refusals: &[],
    keys: &["task: depends_on", "task: parent"],
    text: "Of two definitions that differ nobody knows which one counts, and a task that names an \
           unknown one waits for nothing. Only the tasks that the contradiction touches are \
           refused; the fleet goes on. `laneway validate` names file, line and column.",
    in_force: always,
};

pub(super) const CLAIM_GATE: ClaimGate = ClaimGate {
    page: PAGE,
    check: |case: &ClaimCase<'_>| check(case.snapshot, case.task),
    holds: |case: &ClaimCase<'_>| {
        let plan = &case.snapshot.plan;
        plan.faults(&case.task.id).is_empty() && dangling(case.snapshot, case.task).next().is_none()
    },
};

pub(super) const LAND_GATE: LandGate = LandGate {
    page: PAGE,
    check: |case: &LandCase<'_>| check(case.snapshot, case.task),
};

/// The tasks it names that no plan file defines.
fn dangling<'a>(snapshot: &Snapshot, task: &'a Task) -> impl Iterator<Item = &'a TaskId> {
    let named = task.depends_on.iter().chain(&task.parent);
    named.filter(|id| !snapshot.knows(id))
}

fn check(snapshot: &Snapshot, task: &Task) -> Vec<Unmet> {
    let missing = dangling(snapshot, task).map(|id| {
        let task = &task.id;
        format!("`{task}` names the task `{id}`, which no plan file defines")
    });
    let plan = &snapshot.plan;
    plan.faults(&task.id)
        .iter()
        .cloned()
        .chain(missing)
        .map(|fault| Unmet::rule(ID, fault).hint("see `laneway validate`"))
        .collect()
}
