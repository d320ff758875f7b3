//! The state of the whole queue as programs see it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::LedgerView;
use super::review::LateReviewView;
use super::stage::GapView;
use crate::domain::id::TaskId;
use crate::domain::state::{Claim, Status};
use crate::ops::look::StatusOutcome;
use crate::ops::next::Step;

/// `data` of `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatusView {
    /// The roles of policy and plan, by name.
    pub roles: Vec<RoleView>,
    /// The lanes that are taken.
    pub lanes: Vec<HeldView>,
    /// Claims that have expired.
    pub expired: Vec<HeldView>,
    /// Tasks that wait for review or merge, oldest first.
    pub submitted: Vec<SubmittedView>,
    /// Blocked tasks.
    pub blocked: Vec<StoppedView>,
    /// Paused tasks, most urgent first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<GapView>,
    /// Exceptions in force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ActiveExceptionView>,
    /// Contradictions in the plan.
    pub faults: Vec<String>,
    /// Whether any name may do anything: the identity map is open.
    pub open_map: bool,
    /// The target whose rules are in force.
    pub target: LedgerView,
    /// With `--next`: what to do, most urgent first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Vec<StepView>>,
}

/// An exception in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ActiveExceptionView {
    /// The task.
    pub task: String,
    /// Its number among the records of the task.
    pub number: u32,
    /// The gate that it lifts.
    pub gate: String,
    /// Who approved it.
    pub by: String,
    /// Until when (RFC 3339).
    pub until: String,
}

/// The tasks of a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleView {
    /// The role.
    pub role: String,
    /// How many of its tasks can start now.
    pub ready: usize,
    /// How many lanes are free; none when policy does not have the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_lanes: Option<usize>,
    /// Number of tasks by status; every status is there.
    pub counts: BTreeMap<String, usize>,
}

/// A lane that is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldView {
    /// The lane.
    pub lane: String,
    /// The task it is taken for.
    pub task: String,
    /// Who holds it.
    pub agent: String,
    /// Where.
    pub workstation: String,
    /// Until when without renewal (RFC 3339).
    pub expires_at: String,
    /// Seconds until then; negative afterwards.
    pub seconds_left: i64,
}

/// A task that was handed off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SubmittedView {
    /// The task.
    pub task: String,
    /// Since when (RFC 3339).
    pub since: String,
    /// It waits too long for a verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<LateReviewView>,
}

/// A blocked task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StoppedView {
    /// The task.
    pub task: String,
    /// Why.
    pub reason: String,
}

/// Something to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepView {
    /// Whose work it is; anyone's when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The command.
    pub command: String,
    /// Why.
    pub reason: String,
}

impl From<&Step> for StepView {
    fn from(step: &Step) -> Self {
        Self {
            role: step.role.as_ref().map(ToString::to_string),
            command: step.command.clone(),
            reason: step.reason.clone(),
        }
    }
}

impl StatusView {
    /// The state of the queue, with what is recommended if that was asked for.
    #[must_use]
    pub fn of(outcome: &StatusOutcome, next: Option<&[Step]>) -> Self {
        let held = |list: &[(TaskId, Claim)]| {
            let held = list.iter().map(|(task, claim)| HeldView {
                lane: claim.lane.to_string(),
                task: task.to_string(),
                agent: claim.agent.to_string(),
                workstation: claim.workstation.to_string(),
                expires_at: claim.expires_at.to_string(),
                seconds_left: claim.expires_at.seconds() - outcome.now.seconds(),
            });
            held.collect()
        };
        Self {
            roles: roles(outcome),
            lanes: held(&outcome.lanes),
            expired: held(&outcome.expired),
            submitted: outcome
                .submitted
                .iter()
                .map(|(task, at)| SubmittedView {
                    task: task.to_string(),
                    since: at.to_string(),
                    review: outcome.late.get(task).map(LateReviewView::from),
                })
                .collect(),
            blocked: outcome
                .blocked
                .iter()
                .map(|(task, reason)| StoppedView {
                    task: task.to_string(),
                    reason: reason.clone(),
                })
                .collect(),
            exceptions: outcome
                .exceptions
                .iter()
                .map(|(task, waiver)| ActiveExceptionView {
                    task: task.to_string(),
                    number: waiver.exception,
                    gate: waiver.gate.clone(),
                    by: waiver.by.to_string(),
                    until: waiver.until.to_string(),
                })
                .collect(),
            gaps: outcome
                .gaps
                .iter()
                .map(|(task, gap)| GapView::of(task, gap))
                .collect(),
            faults: outcome.faults.clone(),
            open_map: outcome.open_map,
            target: LedgerView::new(&outcome.target.0, Some(outcome.target.1)),
            next: next.map(|steps| steps.iter().map(StepView::from).collect()),
        }
    }
}

fn roles(outcome: &StatusOutcome) -> Vec<RoleView> {
    let roles = outcome.counts.iter().map(|(role, counts)| {
        let count = |status: &Status| {
            let count = counts.get(status).copied().unwrap_or(0);
            (status.word().to_owned(), count)
        };
        RoleView {
            role: role.to_string(),
            ready: outcome.ready.get(role).copied().unwrap_or(0),
            free_lanes: outcome.free.get(role).copied(),
            counts: Status::ALL.iter().map(count).collect(),
        }
    });
    roles.collect()
}
