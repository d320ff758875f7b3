//! `task-held` and `task-closed`: only a task that nobody holds can be claimed. An expired claim
//! and a block whose blocker has landed do not hold.

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::id::LaneName;
use crate::domain::lease;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Claim, Standing, TaskState};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "task-held",
        about: "the task is todo, its claim has expired, or what blocked it has landed",
        refusals: &[
            (
                "task-blocked",
                "the task is blocked, and what blocks it has not landed",
            ),
            ("task-closed", "the task is done or cancelled"),
        ],
        keys: &["policy: lease"],
        text: "One task has one owner. An expired claim does not hold: whoever claims the task \
               then takes it over, with a new epoch, and the old holder is fenced. `laneway show \
               ID` names the holder and the time; `laneway release` gives a task back.",
        in_force: always,
    },
    check,
    holds,
};

fn holds(case: &ClaimCase<'_>) -> bool {
    let state = case.snapshot.states.get(&case.task.id);
    match &state.standing {
        Standing::Todo { .. } => true,
        Standing::AwaitingScope(claim) | Standing::InProgress(claim) => {
            lease::expired(claim, case.snapshot.rules.policy.lease, case.now)
        }
        Standing::Blocked { .. } | Standing::Withheld(_) => inactive_block(case.snapshot, state),
        Standing::InReview { .. }
        | Standing::Done(_)
        | Standing::Adopted(_)
        | Standing::Cancelled { .. } => false,
    }
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let id = &case.task.id;
    let state = case.snapshot.states.get(id);
    match &state.standing {
        Standing::Todo { .. } => Vec::new(),
        Standing::AwaitingScope(claim) | Standing::InProgress(claim) => held(case, claim),
        Standing::Blocked { .. } | Standing::Withheld(_) => blocked(case, state),
        Standing::InReview { claim, .. } => vec![
            Unmet::conflict(
                GATE.page.id,
                format!("`{id}` is in review, handed off by {}", claim.agent),
            )
            .held_by(Holder {
                until: None,
                ..Holder::claim(id, claim)
            }),
        ],
        Standing::Done(done) => vec![
            Unmet::rule("task-closed", format!("`{id}` is done since {}", done.at)).hint(format!(
                "`laneway reopen {id} --reason …` takes it up again"
            )),
        ],
        Standing::Adopted(adoption) => vec![
            Unmet::rule(
                "task-closed",
                format!("`{id}` was imported as done at {}", adoption.at),
            )
            .hint(format!(
                "`laneway reopen {id} --reason …` takes it up again"
            )),
        ],
        Standing::Cancelled { at, reason, .. } => vec![
            Unmet::rule(
                "task-closed",
                format!("`{id}` is cancelled since {at}: {reason}"),
            )
            .hint(format!(
                "`laneway reopen {id} --reason …` takes it up again"
            )),
        ],
    }
}

fn blocked(case: &ClaimCase<'_>, state: &TaskState) -> Vec<Unmet> {
    let id = &case.task.id;
    let Some((reason, by)) = state.hindrance() else {
        return Vec::new();
    };
    if inactive_block(case.snapshot, state) {
        return Vec::new();
    }
    let named = by.map(|by| format!(" by `{by}`")).unwrap_or_default();
    let message = format!("`{id}` is blocked{named}: {reason}");
    let unmet = Unmet::conflict("task-blocked", message)
        .hint(format!("`laneway unblock {id}` when the reason is gone"));
    let claim = state.claim().map(|claim| Holder::claim(id, claim));
    vec![match by.map(Holder::task).or(claim) {
        Some(holder) => unmet.held_by(holder),
        None => unmet,
    }]
}

fn held(case: &ClaimCase<'_>, claim: &Claim) -> Vec<Unmet> {
    let id = &case.task.id;
    let terms = case.snapshot.rules.policy.lease;
    if lease::expired(claim, terms, case.now) {
        return Vec::new();
    }
    let held = Unmet::conflict(
        GATE.page.id,
        format!(
            "`{id}` is held by {} in lane {} until {}",
            claim.agent, claim.lane, claim.expires_at
        ),
    )
    .held_by(Holder::claim(id, claim));
    if case.agent == Some(&claim.agent) {
        let hint = format!(
            "to go on with your own claim, run in its worktree, or set LANEWAY_CLAIM={}",
            claim.id
        );
        return vec![held.hint(hint)];
    }
    vec![held]
}

/// Whether the state is a block by a task that has landed: the task is ready again (P22).
#[must_use]
pub fn inactive_block(snapshot: &Snapshot, state: &TaskState) -> bool {
    let by = state.hindrance().and_then(|(_, by)| by);
    by.is_some_and(|by| snapshot.landed(by))
}

/// The lane in which the task was worked on before, if its work is to be gone on with.
pub(super) fn lane_it_had<'a>(case: &ClaimCase<'a>) -> Option<&'a LaneName> {
    match &case.snapshot.states.get(&case.task.id).standing {
        Standing::Todo { resume } => resume.as_ref().map(|resume| &resume.lane),
        Standing::Blocked { claim, .. } => Some(&claim.lane),
        _ => None,
    }
}
