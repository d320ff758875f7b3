//! `trust` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::ChangedCommandView;
use crate::checks::NewCommand;
use crate::ops::trust::{TrustOutcome, TrustSubject};

/// `data` of `trust`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrustView {
    /// The task whose checks they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The workstation whose probes they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// Every command that is owed; all but the declined are trusted now.
    pub commands: Vec<String>,
    /// Those that were not trusted before.
    pub new: Vec<String>,
    /// Those that are like one that was trusted before, with what differs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ChangedCommandView>,
    /// Those that were declined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<String>,
}

fn texts(commands: &[NewCommand]) -> Vec<String> {
    commands.iter().map(|new| new.command.clone()).collect()
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
            new: texts(&outcome.new),
            changed: ChangedCommandView::among(outcome.new.iter().chain(&outcome.declined)),
            declined: texts(&outcome.declined),
        }
    }
}
