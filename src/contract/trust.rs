//! `trust` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

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
    /// Every command that is owed; all are trusted now.
    pub commands: Vec<String>,
    /// Those that were not trusted before.
    pub new: Vec<String>,
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
            new: outcome.new.clone(),
        }
    }
}
