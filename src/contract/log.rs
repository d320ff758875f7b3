//! `log` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::Entry;
use crate::ops::log::LogOutcome;

/// `data` of `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogView {
    /// The task it is about; none: the whole ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// What happened, the newest first.
    pub entries: Vec<LogEntryView>,
}

/// One ledger commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogEntryView {
    /// The commit.
    pub commit: String,
    /// When it was asked for (RFC 3339).
    pub at: String,
    /// The verb.
    pub op: String,
    /// The tasks it touches, the one that was named first.
    pub tasks: Vec<String>,
    /// Who asked.
    pub agent: String,
    /// The workstation of the claim it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// The lane of that claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The epoch it left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Id of the request.
    pub request: String,
    /// One line for people.
    pub summary: String,
    /// Why, where it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&LogOutcome> for LogView {
    fn from(outcome: &LogOutcome) -> Self {
        Self {
            task: outcome.task.as_ref().map(ToString::to_string),
            entries: outcome.entries.iter().map(LogEntryView::from).collect(),
        }
    }
}

impl From<&Entry> for LogEntryView {
    fn from(entry: &Entry) -> Self {
        Self {
            commit: entry.commit.to_string(),
            at: entry.at.to_string(),
            op: entry.op.to_owned(),
            tasks: entry.tasks.iter().map(ToString::to_string).collect(),
            agent: entry.agent.to_string(),
            workstation: entry.workstation.as_ref().map(ToString::to_string),
            lane: entry.lane.as_ref().map(ToString::to_string),
            epoch: entry.epoch.map(|epoch| epoch.0),
            request: entry.request.to_string(),
            summary: entry.summary.clone(),
            reason: entry.reason.clone(),
        }
    }
}
