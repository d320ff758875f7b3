//! Work sessions and confirmed scopes: in claims, records and requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, WorkstationName};
use crate::domain::scope::ScopeRecord;
use crate::domain::session::{Session, SessionRecord};
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// Whether time is counted for a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SessionEntry {
    /// Since then.
    Since(Text<Timestamp>),
    /// Not now.
    Paused,
}

/// A session that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRecordEntry {
    /// Whose.
    pub agent: Text<AgentName>,
    /// Where.
    pub workstation: Text<WorkstationName>,
    /// From.
    pub started: Text<Timestamp>,
    /// To.
    pub ended: Text<Timestamp>,
}

/// What was said about a scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScopeEntry {
    /// The holder says what it understood.
    Confirmed {
        /// The scope, in its words.
        text: String,
    },
    /// Someone else agrees.
    Go {
        /// What is to be minded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl SessionEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Session> {
        Some(match self {
            Self::Since(since) => Session::Since(at.text("since", since)?),
            Self::Paused => Session::Paused,
        })
    }
}

impl From<Session> for SessionEntry {
    fn from(session: Session) -> Self {
        match session {
            Session::Since(since) => Self::Since(since.into()),
            Session::Paused => Self::Paused,
        }
    }
}

impl SessionRecordEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<SessionRecord> {
        let agent = at.text("agent", self.agent);
        let workstation = at.text("workstation", self.workstation);
        let started = at.text("started", self.started);
        let ended = at.text("ended", self.ended);
        Some(SessionRecord {
            agent: agent?,
            workstation: workstation?,
            started: started?,
            ended: ended?,
        })
    }
}

impl From<&SessionRecord> for SessionRecordEntry {
    fn from(session: &SessionRecord) -> Self {
        Self {
            agent: session.agent.clone().into(),
            workstation: session.workstation.clone().into(),
            started: session.started.into(),
            ended: session.ended.into(),
        }
    }
}

impl From<ScopeEntry> for ScopeRecord {
    fn from(entry: ScopeEntry) -> Self {
        match entry {
            ScopeEntry::Confirmed { text } => Self::Confirmed { text },
            ScopeEntry::Go { note } => Self::Go { note },
        }
    }
}

impl From<&ScopeRecord> for ScopeEntry {
    fn from(record: &ScopeRecord) -> Self {
        match record.clone() {
            ScopeRecord::Confirmed { text } => Self::Confirmed { text },
            ScopeRecord::Go { note } => Self::Go { note },
        }
    }
}
