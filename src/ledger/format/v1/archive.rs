//! `governance/archive/<period>.yaml` on the ledger branch: closed tasks, each with the lines of
//! its definition and its state side by side (P12).
//!
//! The definition stands here as the lines that it had in its plan file, so that comments, quotes
//! and `x-` keys come back with it, byte for byte.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::TaskEntry;
use super::state::{StateFile, TaskHistory};
use crate::domain::id::TaskId;
use crate::domain::plan::Origin;
use crate::domain::state::Status;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::ledger::document::sheet::{newline, reindented};
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, VERSION, check_version};
use crate::ledger::format::text::Text;
use crate::ledger::yaml::{self, Limits};

/// Closed tasks of one period. Written by the tool only; never claimed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveFile {
    /// Version of the format.
    pub version: u32,
    /// The tasks, in the order in which they were archived.
    pub tasks: Vec<ArchivedEntry>,
}

/// One closed task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchivedEntry {
    /// When it was archived.
    pub at: Text<Timestamp>,
    /// The plan file that it stood in.
    pub file: String,
    /// That file is the target's: a person takes the definition out.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub on_target: bool,
    /// The task above it in that file, archived ones included; none: it was the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Text<TaskId>>,
    /// Blank lines above it.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub gap: u32,
    /// Spaces in front of its dash.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub indent: u32,
    /// What was planned: the lines of the plan file, from the comments above the dash on.
    pub definition: String,
    /// What became of it.
    pub state: StateFile,
}

/// One closed task, as a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// What was planned.
    pub definition: Task,
    /// On which branch.
    pub origin: Origin,
    /// What became of it.
    pub history: TaskHistory,
}

impl File for ArchiveFile {
    type Domain = Vec<Archived>;

    fn into_domain(self) -> Result<Vec<Archived>, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let ids = self.tasks.iter().map(|task| task.state.id.value());
            at.key("tasks").refuse_repeats(ids, |at, message| {
                at.key("state").key("id").refuse(message);
            });
            Some(at.items("tasks", self.tasks, |at, task| task.convert(at)))
        })
    }
}

impl ArchiveFile {
    /// A file with these tasks.
    #[must_use]
    pub fn of(tasks: Vec<ArchivedEntry>) -> Self {
        Self {
            version: VERSION,
            tasks,
        }
    }
}

impl ArchivedEntry {
    /// Takes the lines of a plan file over, with the blank lines and spaces in front of them noted
    /// apart, where that gives the same lines again.
    #[must_use]
    pub fn with_lines(mut self, lines: &str, dash: usize) -> Self {
        let bare = lines.trim_start_matches(['\n', '\r']);
        let end = newline(lines);
        self.gap =
            u32::try_from(lines[..lines.len() - bare.len()].matches('\n').count()).unwrap_or(0);
        self.indent = u32::try_from(dash).unwrap_or(0);
        self.definition = reindented(bare, dash, 0);
        if self.lines(end) != lines {
            (self.gap, self.indent) = (0, 0);
            self.definition = lines.to_owned();
        }
        self
    }

    /// The lines as they stood in the plan file, whose line end is `end`.
    #[must_use]
    pub fn lines(&self, end: &str) -> String {
        let indented = reindented(&self.definition, 0, self.indent as usize);
        end.repeat(self.gap as usize) + &indented
    }

    fn convert(self, at: &Place<'_>) -> Option<Archived> {
        let definition = definition(&at.key("definition"), &self.definition);
        let moment = at.text("at", self.at);
        let after = at.maybe("after", self.after);
        drop((moment, after));
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
            origin: match self.on_target {
                true => Origin::Target,
                false => Origin::Ledger,
            },
            history,
        })
    }
}

/// The one task that lines of a plan file define.
fn definition(at: &Place<'_>, lines: &str) -> Option<Task> {
    match yaml::read::<Vec<TaskEntry>>(lines.as_bytes(), Limits::PLAN) {
        Ok(entries) => match <[TaskEntry; 1]>::try_from(entries) {
            Ok([entry]) => entry.convert(at),
            Err(entries) => {
                at.refuse(format!("it defines {} tasks, not one", entries.len()));
                None
            }
        },
        Err(error) => {
            at.refuse(format!("these lines do not read: {error}"));
            None
        }
    }
}
