//! `dependency`: nothing starts or lands before what it depends on is on the target (P18, X3).

use super::{ClaimCase, ClaimGate, LandCase, LandGate, Page, always};
use crate::domain::id::TaskId;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Standing, Status};
use crate::domain::task::Task;

const ID: &str = "dependency";

const PAGE: Page = Page {
    id: ID,
    about: "every task that this one depends on has landed on the target",
    refusals: &[],
    keys: &["task: depends_on"],
    text: "Submitted is not landed: a dependency is met once its commit is reachable from the \
           target, which git shows. A cancelled task never lands; `laneway edit ID \
           --remove-dependency OTHER` takes the edge out.",
    in_force: always,
};

pub(super) const CLAIM_GATE: ClaimGate = ClaimGate {
    page: PAGE,
    check: |case: &ClaimCase<'_>| check(case.snapshot, case.task),
    holds: |case: &ClaimCase<'_>| waited_for(case.snapshot, case.task).next().is_none(),
};

pub(super) const LAND_GATE: LandGate = LandGate {
    page: PAGE,
    check: |case: &LandCase<'_>| check(case.snapshot, case.task),
};

fn waited_for<'a>(snapshot: &'a Snapshot, task: &'a Task) -> impl Iterator<Item = &'a TaskId> {
    // One that no plan file defines is the case of `plan-unsound`.
    task.depends_on
        .iter()
        .filter(|id| snapshot.knows(id) && !snapshot.landed(id))
}

fn check(snapshot: &Snapshot, task: &Task) -> Vec<Unmet> {
    waited_for(snapshot, task)
        .map(|id| {
            let state = snapshot.states.get(id);
            let holder = state
                .claim()
                .map_or_else(|| Holder::task(id), |c| Holder::claim(id, c));
            let imported = matches!(state.standing, Standing::Adopted(_));
            let (fact, hint) = match state.status() {
                Status::Done if imported => (
                    "was imported as done, but its commit is not on the target any more".to_owned(),
                    format!("`laneway reopen {id} --reason …`"),
                ),
                Status::Cancelled => (
                    "is cancelled and will never land".to_owned(),
                    format!("`laneway edit {} --remove-dependency {id}`", task.id),
                ),
                Status::Done => (
                    "is recorded as done, but its commit is not on the target".to_owned(),
                    format!("`laneway merge {id}` finishes or undoes it"),
                ),
                status => (
                    format!("is {status}, not landed"),
                    format!("`laneway show {id}`"),
                ),
            };
            Unmet::rule(ID, format!("`{}` depends on `{id}`, which {fact}", task.id))
                .held_by(holder)
                .hint(hint)
        })
        .collect()
}
