//! `governance/archive/<period>.yaml` on the ledger branch: closed tasks, each with its
//! definition and its state side by side (P12).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::TaskEntry;
use super::state::{StateFile, TaskHistory};
use crate::domain::state::Status;
use crate::domain::task::Task;
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, check_version};

/// Closed tasks of one period. Written by the tool only; never claimed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveFile {
    /// Version of the format.
    pub version: u32,
    /// The tasks.
    pub tasks: Vec<ArchivedEntry>,
}

/// One closed task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchivedEntry {
    /// What was planned.
    pub definition: TaskEntry,
    /// What became of it.
    pub state: StateFile,
}

/// One closed task, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// What was planned.
    pub definition: Task,
    /// What became of it.
    pub history: TaskHistory,
}

impl File for ArchiveFile {
    type Domain = Vec<Archived>;

    fn into_domain(self) -> Result<Vec<Archived>, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let ids = self.tasks.iter().map(|task| task.definition.id.value());
            at.key("tasks").refuse_repeats(ids, |at, message| {
                at.key("definition").key("id").refuse(message);
            });
            Some(at.items("tasks", self.tasks, |at, task| task.convert(at)))
        })
    }
}

impl ArchivedEntry {
    fn convert(self, at: &Place<'_>) -> Option<Archived> {
        let definition = self.definition.convert(&at.key("definition"));
        let history = self.state.convert(&at.key("state"));
        let (definition, history) = (definition?, history?);
        let at = at.key("state");
        if definition.id != history.id {
            let message = format!(
                "the state of `{}` stands beside `{}`",
                history.id, definition.id
            );
            at.key("id").refuse(message);
        }
        let status = history.state.status();
        if !matches!(status, Status::Done | Status::Cancelled) {
            at.key("status").refuse(format!(
                "an archived task is done or cancelled, not `{status}`"
            ));
        }
        Some(Archived {
            definition,
            history,
        })
    }
}
