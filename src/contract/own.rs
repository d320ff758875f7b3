//! What became of a task's ownership, as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use super::task::TaskView;
use crate::domain::record::RecordBody;
use crate::ops::own::TaskOutcome;

/// `data` of `renew`, `release`, `block`, `hold`, `unblock`, `cancel`, `reopen`, `return`,
/// `evidence`, `scope` and `session start` and `stop`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedView {
    /// The tasks it was about, as they are now, or would be.
    pub tasks: Vec<ChangedTaskView>,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

/// `data` of `note`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotedView {
    /// The id of the note: task and number of its record, `A-1#3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The task and the ledger's side.
    #[serde(flatten)]
    pub changed: ChangedView,
}

impl From<&TaskOutcome> for NotedView {
    fn from(outcome: &TaskOutcome) -> Self {
        let mutation = &outcome.mutation;
        let noted = mutation.change.states.iter().find_map(|change| {
            let is_note = |body: &RecordBody| matches!(body, RecordBody::Note { .. });
            let place = change.append.iter().position(is_note)?;
            let number = mutation.before.records_of(&change.task).len() + place + 1;
            Some(format!("{}#{number}", change.task))
        });
        Self {
            note: noted,
            changed: ChangedView::from(outcome),
        }
    }
}

/// A task after a change of its ownership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedTaskView {
    /// What lists show.
    #[serde(flatten)]
    pub task: TaskView,
    /// Until when it is held without renewal (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

impl From<&TaskOutcome> for ChangedView {
    fn from(outcome: &TaskOutcome) -> Self {
        let mutation = &outcome.mutation;
        let changed = |id| {
            let state = mutation.state(id);
            let until = state.occupying().map(|claim| claim.expires_at.to_string());
            Some(ChangedTaskView {
                task: TaskView::of(&mutation.task(id)?, &state),
                expires_at: until,
            })
        };
        Self {
            tasks: outcome.tasks.iter().filter_map(changed).collect(),
            mutation: MutationView::from(mutation),
        }
    }
}
