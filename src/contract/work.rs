//! `check`, `trust`, `handoff` and `review` as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use super::task::CheckView;
use crate::ops::Mutation;
use crate::ops::work::{CheckOutcome, HandoffOutcome, ReviewOptions, TrustOutcome, TrustSubject};

/// `data` of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChecksView {
    /// The task.
    pub task: String,
    /// The commit the checks ran on.
    pub commit: String,
    /// Whether every check passed.
    pub passed: bool,
    /// The commands that are owed.
    pub owed: Vec<String>,
    /// What ran, in order.
    pub checks: Vec<CheckView>,
    /// Whether the evidence is in the ledger.
    pub recorded: bool,
}

impl From<&CheckOutcome> for ChecksView {
    fn from(outcome: &CheckOutcome) -> Self {
        Self {
            task: outcome.task.to_string(),
            commit: outcome.commit.to_string(),
            passed: outcome.passed(),
            owed: outcome.owed.clone(),
            checks: outcome.runs.iter().map(CheckView::from).collect(),
            recorded: outcome.mutation.is_some(),
        }
    }
}

/// `data` of `trust`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrustView {
    /// The task whose checks they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The workstation whose probes they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// Every command that is owed; all are trusted now.
    pub commands: Vec<String>,
    /// Those that were not trusted before.
    pub new: Vec<String>,
}

impl From<&TrustOutcome> for TrustView {
    fn from(outcome: &TrustOutcome) -> Self {
        let (task, workstation) = match &outcome.subject {
            TrustSubject::Task(task) => (Some(task.to_string()), None),
            TrustSubject::Workstation(name) => (None, Some(name.to_string())),
        };
        Self {
            task,
            workstation,
            commands: outcome.commands.clone(),
            new: outcome.new.clone(),
        }
    }
}

/// `data` of `handoff`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HandoffView {
    /// The task.
    pub task: String,
    /// The commit that was handed off.
    pub commit: String,
    /// Remarks, such as a lane branch that was not pushed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

impl From<&HandoffOutcome> for HandoffView {
    fn from(outcome: &HandoffOutcome) -> Self {
        Self {
            task: outcome.task.to_string(),
            commit: outcome.commit.to_string(),
            notes: outcome.notes.clone(),
            mutation: (&outcome.mutation).into(),
        }
    }
}

/// `data` of `review`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReviewView {
    /// The task.
    pub task: String,
    /// The verdict.
    pub verdict: String,
    /// Where the task is in its life now.
    pub status: String,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

impl ReviewView {
    /// A review and what it did.
    #[must_use]
    pub fn of(review: &ReviewOptions, mutation: &Mutation) -> Self {
        Self {
            task: review.task.to_string(),
            verdict: review.verdict.to_string(),
            status: mutation.state(&review.task).status().word().to_owned(),
            mutation: mutation.into(),
        }
    }
}
