//! Work sessions as programs see them (T8, T11).

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::session::SessionRecord;
use crate::ops::session::{SessionOutcome, Worked};

/// `data` of `session list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionListView {
    /// The sessions, by their start; what lies outside the time that was asked for is cut off.
    pub sessions: Vec<SessionView>,
    /// Seconds by task.
    pub by_task: Vec<TotalView>,
    /// Seconds by agent.
    pub by_agent: Vec<TotalView>,
    /// Seconds by day (UTC), `2026-11-20`.
    pub by_day: Vec<TotalView>,
    /// Seconds of all sessions.
    pub total_seconds: u64,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionView {
    /// Its id: task and number of its record, `A-1#4`; `A-1#open` while it is open.
    pub id: String,
    /// The task.
    pub task: String,
    /// Whose.
    pub agent: String,
    /// Where.
    pub workstation: String,
    /// From (RFC 3339).
    pub started: String,
    /// To (RFC 3339); none while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// How long; of an open one until now, or until its lease ended.
    pub seconds: u64,
}

/// A total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TotalView {
    /// Of what.
    pub of: String,
    /// How much.
    pub seconds: u64,
}

impl From<&Worked> for SessionView {
    fn from(worked: &Worked) -> Self {
        Self {
            id: worked.id(),
            task: worked.task.to_string(),
            agent: worked.agent.to_string(),
            workstation: worked.workstation.to_string(),
            started: worked.started.to_string(),
            ended: worked.number.map(|_| worked.ended.to_string()),
            seconds: worked.seconds(),
        }
    }
}

impl From<&SessionOutcome> for SessionListView {
    fn from(outcome: &SessionOutcome) -> Self {
        let total = |(of, seconds): (String, u64)| TotalView { of, seconds };
        let tasks = outcome.by_task.iter().map(|(t, s)| (t.to_string(), *s));
        let agents = outcome.by_agent.iter().map(|(a, s)| (a.to_string(), *s));
        let days = outcome.by_day.iter().map(|(d, s)| (d.clone(), *s));
        Self {
            sessions: outcome.sessions.iter().map(SessionView::from).collect(),
            by_task: tasks.map(total).collect(),
            by_agent: agents.map(total).collect(),
            by_day: days.map(total).collect(),
            total_seconds: outcome.total,
        }
    }
}

/// A session record in one line.
pub(super) fn session_line(session: &SessionRecord) -> String {
    format!(
        "{} on {}, {} to {}, {}",
        session.agent,
        session.workstation,
        session.started,
        session.ended,
        duration(session.seconds())
    )
}

/// A length of time for people: `1h 30m`, `45s`.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, rest) => format!("{rest}s"),
        (0, minutes, 0) => format!("{minutes}m"),
        (0, minutes, rest) => format!("{minutes}m {rest}s"),
        (hours, 0, _) => format!("{hours}h"),
        (hours, minutes, _) => format!("{hours}h {minutes}m"),
    }
}
