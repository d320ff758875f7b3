//! Doubts about evidence as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::doubts::Doubt;
use crate::ops::evidence::DoubtsOutcome;

/// A doubt about the evidence of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoubtView {
    /// What it is about, such as `midnight` or `check-edited`.
    pub reason: String,
    /// The record it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u32>,
    /// The fact.
    pub message: String,
}

impl From<&Doubt> for DoubtView {
    fn from(doubt: &Doubt) -> Self {
        Self {
            reason: doubt.reason.word().to_owned(),
            record: doubt.record,
            message: doubt.message.clone(),
        }
    }
}

/// `data` of `audit evidence`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoubtsView {
    /// How many tasks were looked at.
    pub looked_at: usize,
    /// The tasks with doubts, by id.
    pub tasks: Vec<DoubtedView>,
}

/// A task with doubts about its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoubtedView {
    /// The task.
    pub task: String,
    /// The doubts, in the order of its records.
    pub doubts: Vec<DoubtView>,
}

impl From<&DoubtsOutcome> for DoubtsView {
    fn from(outcome: &DoubtsOutcome) -> Self {
        let tasks = outcome.tasks.iter().map(|(task, doubts)| DoubtedView {
            task: task.to_string(),
            doubts: doubts.iter().map(DoubtView::from).collect(),
        });
        Self {
            looked_at: outcome.looked_at,
            tasks: tasks.collect(),
        }
    }
}
