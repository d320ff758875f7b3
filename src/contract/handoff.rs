//! `handoff` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::domain::record::{Handoff, RootCause};
use crate::ops::handoff::HandoffOutcome;

/// `data` of `handoff`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HandoffView {
    /// The task.
    pub task: String,
    /// The commit that was handed off.
    pub commit: String,
    /// What was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handoff: Option<ReturnView>,
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
            handoff: outcome.handoff.as_ref().map(ReturnView::from),
            notes: outcome.notes.clone(),
            mutation: (&outcome.mutation).into(),
        }
    }
}

/// What a worker returns (P42).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReturnView {
    /// The merge base with the target.
    pub base: String,
    /// The stable patch id of the change; a rebase keeps it.
    pub change_key: String,
    /// The commits, oldest first.
    pub commits: Vec<String>,
    /// The files changed.
    pub files: Vec<String>,
    /// The next slice.
    pub next: String,
    /// Risks and blockers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub risks: Vec<String>,
    /// What the work does not prove.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_proven: Vec<String>,
    /// Changed files that no finding of the review names that sent the work back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// The root cause of a defect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootCauseView>,
    /// The host it was handed off on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// The root cause of a defect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RootCauseView {
    /// One sentence.
    pub text: String,
    /// The owning layer or file.
    pub layer: String,
    /// The command that shows the fault before and its absence after.
    pub proof: String,
}

impl From<&RootCause> for RootCauseView {
    fn from(cause: &RootCause) -> Self {
        Self {
            text: cause.text.clone(),
            layer: cause.layer.clone(),
            proof: cause.proof.clone(),
        }
    }
}

impl From<&Handoff> for ReturnView {
    fn from(handoff: &Handoff) -> Self {
        Self {
            base: handoff.base.to_string(),
            change_key: handoff.change_key.clone(),
            commits: handoff.commits.iter().map(ToString::to_string).collect(),
            files: handoff.files.clone(),
            next: handoff.next.clone(),
            risks: handoff.risks.clone(),
            not_proven: handoff.not_proven.clone(),
            outside: handoff.outside.clone(),
            root_cause: handoff.root_cause.as_ref().map(RootCauseView::from),
            host: handoff.host.clone(),
        }
    }
}
