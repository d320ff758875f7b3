//! `archive` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::ops::archive::ArchiveOutcome;

/// `data` of `archive`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ArchiveView {
    /// The tasks that moved into the archive, or out of it.
    pub tasks: Vec<ArchivedView>,
    /// Closed tasks that stay, because open work needs them.
    pub kept: Vec<KeptView>,
    /// Tasks that moved and still stand in a plan file of the target.
    pub on_target: Vec<String>,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

/// A task that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ArchivedView {
    /// The task.
    pub id: String,
    /// The month in which it was closed: the file of the archive.
    pub period: String,
}

/// A closed task that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptView {
    /// The task.
    pub id: String,
    /// Why it stays.
    pub because: String,
}

impl From<&ArchiveOutcome> for ArchiveView {
    fn from(outcome: &ArchiveOutcome) -> Self {
        let tasks = outcome.moved.iter().map(|(id, period)| ArchivedView {
            id: id.to_string(),
            period: period.to_string(),
        });
        let kept = outcome.kept.iter().map(|(id, why)| KeptView {
            id: id.to_string(),
            because: why.clone(),
        });
        Self {
            tasks: tasks.collect(),
            kept: kept.collect(),
            on_target: outcome.on_target.iter().map(ToString::to_string).collect(),
            mutation: MutationView::from(&outcome.mutation),
        }
    }
}
