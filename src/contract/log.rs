//! `log` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::session::SessionView;
use crate::audit::{Entry, Turn};
use crate::ops::log::LogOutcome;

/// `data` of `log`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LogView {
    /// The task it is about; none: the whole ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// What happened, the newest first, or the oldest with `--reverse`.
    pub entries: Vec<LogEntryView>,
    /// The work sessions of the task, by reference to their records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<SessionView>,
    /// Seconds of those sessions, added up now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worked_seconds: Option<u64>,
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
    /// The machine it was asked on.
    pub host: String,
    /// The target commit whose rules judged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// What shows who made it: `unsigned`, `committer`, `signed`, `verified`.
    pub level: String,
    /// The tasks that it moved on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<TurnView>,
}

/// A task that went from one status to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TurnView {
    /// Which.
    pub task: String,
    /// Where it was.
    pub from: String,
    /// Where it is.
    pub to: String,
}

impl From<&LogOutcome> for LogView {
    fn from(outcome: &LogOutcome) -> Self {
        Self {
            task: outcome.task.as_ref().map(ToString::to_string),
            entries: outcome.entries.iter().map(LogEntryView::from).collect(),
            sessions: outcome.sessions.iter().map(SessionView::from).collect(),
            worked_seconds: outcome.task.as_ref().map(|_| outcome.worked()),
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
            host: entry.host.clone(),
            rules: entry.rules.map(|rules| rules.to_string()),
            level: entry.level.to_string(),
            changes: entry.turns.iter().map(TurnView::from).collect(),
        }
    }
}

impl From<&Turn> for TurnView {
    fn from(turn: &Turn) -> Self {
        Self {
            task: turn.task.to_string(),
            from: turn.from.to_string(),
            to: turn.to.to_string(),
        }
    }
}
