//! `check` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::task::CheckView;
use crate::ops::check::CheckOutcome;

/// `data` of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChecksView {
    /// The task.
    pub task: String,
    /// The commit the checks ran on.
    pub commit: String,
    /// Whether the commit stood alone, in a temporary worktree.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clean: bool,
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
            clean: outcome.clean,
            passed: outcome.passed(),
            owed: outcome.owed.clone(),
            checks: outcome.runs.iter().map(CheckView::from).collect(),
            recorded: outcome.mutation.is_some(),
        }
    }
}
