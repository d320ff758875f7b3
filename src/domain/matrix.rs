//! The assignment matrix of a task: each stage of its contract with who does it, where, what must
//! hold, and how far it is (S1); and the gaps of all tasks (S9).

use super::gates::{ClaimCase, shut};
use super::id::TaskId;
use super::machines::Work;
use super::progress::{Approval, Gap, Passage};
use super::refusal::Unmet;
use super::snapshot::Snapshot;
use super::stage::{CLAIMED, Stage, StageTerms};
use super::state::Status;
use super::task::{Task, words};
use super::time::Timestamp;

words! {
    /// How far a stage is.
    StageStatus {
        /// It was passed.
        Passed = "passed",
        /// It is its turn, and nothing stands against it.
        Next = "next",
        /// It is its turn, and something stands against it.
        Blocked = "blocked",
        /// Others come before it.
        Owed = "owed",
    }
}

/// One stage of the matrix.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Which.
    pub stage: Stage,
    /// Who, where, and what must hold.
    pub terms: &'a StageTerms,
    /// How far it is.
    pub status: StageStatus,
    /// By whom it was passed.
    pub passage: Option<&'a Passage>,
    /// Who approved it.
    pub approval: Option<&'a Approval>,
    /// What stands against it, if it is its turn.
    pub unmet: Vec<Unmet>,
}

/// The matrix of a task; empty without a contract.
#[must_use]
pub fn matrix<'a>(snapshot: &'a Snapshot, task: &'a Task, now: Timestamp) -> Vec<Row<'a>> {
    let Some(contract) = snapshot.plan.contract(task) else {
        return Vec::new();
    };
    let state = snapshot.states.get(&task.id);
    let progress = state.progress();
    let closed = matches!(state.status(), Status::Done | Status::Cancelled);
    let next = progress.next(contract).filter(|_| !closed);
    let rows = contract.stages.iter().map(|(stage, terms)| {
        let passage = progress.passage(*stage);
        let unmet = match next {
            Some(next) if next == *stage => against(snapshot, task, *stage, now),
            _ => Vec::new(),
        };
        let status = match passage {
            Some(_) => StageStatus::Passed,
            None if next != Some(*stage) => StageStatus::Owed,
            None if unmet.is_empty() => StageStatus::Next,
            None => StageStatus::Blocked,
        };
        Row {
            stage: *stage,
            terms,
            status,
            passage,
            approval: progress.approval(*stage),
            unmet,
        }
    });
    rows.collect()
}

/// What stands against a stage whose turn it is.
fn against(snapshot: &Snapshot, task: &Task, stage: Stage, now: Timestamp) -> Vec<Unmet> {
    let case = ClaimCase::open(snapshot, task, now);
    let begins = CLAIMED.contains(&stage);
    if begins && snapshot.states.get(&task.id).claim().is_none() {
        return case.unmet();
    }
    let mut unmet: Vec<Unmet> = case
        .unmet()
        .into_iter()
        .filter(|unmet| matches!(unmet.gate, "stage-gap" | "plan-unsound"))
        .collect();
    if !begins {
        unmet.extend(shut(snapshot, task, stage, now, None));
    }
    unmet
}

/// The open gaps of tasks that are not closed, most urgent first, then oldest first.
#[must_use]
pub fn gaps(snapshot: &Snapshot, now: Timestamp) -> Vec<(&TaskId, &Gap)> {
    let mut gaps: Vec<(&TaskId, &Gap)> = snapshot
        .states
        .iter()
        .filter(|(_, state)| !matches!(state.status(), Status::Done | Status::Cancelled))
        .filter_map(|(id, state)| Some((id, state.progress().open_gap(now)?)))
        .collect();
    gaps.sort_by_key(|(id, gap)| (gap.priority, gap.at, *id));
    gaps
}

/// The workstations that could do the work of a claim now, in scope or not.
#[must_use]
pub fn capable<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    now: Timestamp,
) -> Vec<&'a super::id::WorkstationName> {
    let contract = snapshot.plan.contract(task);
    let claimed = contract.into_iter().flat_map(|contract| contract.claimed());
    let work = Work::of(snapshot, task, claimed.map(|(_, terms)| terms));
    let all = snapshot.rules.workstations.workstations.keys();
    all.filter(|name| work.is_available(snapshot, name, now))
        .collect()
}
