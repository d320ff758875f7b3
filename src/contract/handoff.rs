//! `handoff` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::ops::handoff::HandoffOutcome;

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
