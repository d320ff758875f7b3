//! `merge-order`: within a group, lower merge stages and orders land first (P27, P29, X5).
//!
//! The group of a task: its siblings under one parent, and tasks that touch the same contract, which
//! is the same file or another of one entry in `contracts`.

use super::{LandCase, LandGate, Page, always};
use crate::domain::guarded_paths::Contract;
use crate::domain::id::{StageName, TaskId};
use crate::domain::policy::Policy;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Status;
use crate::domain::task::Task;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "merge-order",
        about: "everything before it in the merge order of its group has landed",
        refusals: &[],
        keys: &[
            "policy: merge",
            "policy: contracts",
            "task: merge_stage",
            "task: merge_order",
            "task: parent",
            "task: contract_touchpoints",
        ],
        text: "A group is the tasks of one parent, or those that touch the same contract. In it \
               lower stages land first (contract, generated, implementation, integration, unless \
               policy says otherwise), then lower `merge_order`. `laneway merge --all` lands what \
               may land, in this order; `--dry-run` prints it.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    predecessors(case.snapshot, case.task)
        .into_iter()
        .filter(|other| !case.snapshot.landed(&other.id))
        .filter(|other| case.snapshot.states.get(&other.id).status() != Status::Cancelled)
        .map(|other| {
            let state = case.snapshot.states.get(&other.id);
            let holder = state
                .claim()
                .map_or_else(|| Holder::task(&other.id), |c| Holder::claim(&other.id, c));
            let message = format!(
                "`{}` lands before `{}` ({}) and is {}",
                other.id,
                case.task.id,
                why(other),
                state.status()
            );
            Unmet::rule(GATE.page.id, message)
                .held_by(holder)
                .hint(format!("`laneway merge {}` first", other.id))
        })
        .collect()
}

fn why(task: &Task) -> String {
    let stage = task
        .merge_stage
        .as_ref()
        .map(|stage| format!("stage {stage}"));
    let order = task.merge_order.map(|order| format!("merge order {order}"));
    [stage, order]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// The tasks of the group that land before `task`, by id.
#[must_use]
pub fn predecessors<'a>(snapshot: &'a Snapshot, task: &Task) -> Vec<&'a Task> {
    if task.parent.is_none() && task.contract_touchpoints.is_empty() {
        return Vec::new();
    }
    let policy = &snapshot.rules.policy;
    let (mine, contracts) = (place(&policy.merge.stages, task), touched(policy, task));
    snapshot
        .plan
        .iter()
        .filter(|other| other.id != task.id)
        .filter(|other| before(place(&policy.merge.stages, other), mine))
        .filter(|other| grouped(task, &contracts, other))
        .collect()
}

/// Whether `first` and `second` are of one group, in which `first` lands first.
#[must_use]
pub fn lands_before(policy: &Policy, first: &Task, second: &Task) -> bool {
    let stages = &policy.merge.stages;
    before(place(stages, first), place(stages, second))
        && grouped(second, &touched(policy, second), first)
}

/// A place in the merge order; a task that names neither stage nor order takes no part in that
/// half of it.
type Place = (Option<usize>, Option<i64>);

fn place(stages: &[StageName], task: &Task) -> Place {
    let stage = task
        .merge_stage
        .as_ref()
        .and_then(|s| stages.iter().position(|known| known == s));
    (stage, task.merge_order)
}

fn before(other: Place, mine: Place) -> bool {
    match (other.0, mine.0) {
        (Some(theirs), Some(own)) if theirs != own => theirs < own,
        _ => matches!((other.1, mine.1), (Some(theirs), Some(own)) if theirs < own),
    }
}

/// The contracts that a task touches.
fn touched<'a>(policy: &'a Policy, task: &Task) -> Vec<&'a Contract> {
    let contracts = policy.contracts.values();
    contracts
        .filter(|contract| contract.meets(&task.contract_touchpoints))
        .collect()
}

/// Whether `other` is of the group of `task`, which touches `contracts`.
fn grouped(task: &Task, contracts: &[&Contract], other: &Task) -> bool {
    let siblings = |a: &Option<TaskId>, b: &Option<TaskId>| a.is_some() && a == b;
    let theirs = &other.contract_touchpoints;
    siblings(&task.parent, &other.parent)
        || contracts.iter().any(|contract| contract.meets(theirs))
        || task
            .contract_touchpoints
            .iter()
            .any(|mine| theirs.iter().any(|theirs| mine.overlaps(theirs)))
}
