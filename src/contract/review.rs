//! `review` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::ops::Mutation;
use crate::ops::review::ReviewOptions;

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
