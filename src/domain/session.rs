//! Work sessions (T8): from a claim, or its coming back to work, until it leaves work again. The
//! open one is part of the claim, a closed one is a record; totals are computed, never stored
//! (T11).

use super::id::{AgentName, WorkstationName};
use super::task::words;
use super::time::Timestamp;

/// Whether time is counted for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Session {
    /// Since then.
    Since(Timestamp),
    /// Not now: stopped by hand, or the claim is frozen.
    Paused,
}

/// A session that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Whose.
    pub agent: AgentName,
    /// Where.
    pub workstation: WorkstationName,
    /// From.
    pub started: Timestamp,
    /// To; that of an agent that was lost ends with its lease.
    pub ended: Timestamp,
}

impl SessionRecord {
    /// How long it was, in seconds.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        seconds(self.started, self.ended)
    }
}

/// The seconds from one moment to another; 0 where the clock went back.
#[must_use]
pub fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.seconds().saturating_sub(from.seconds())).unwrap_or(0)
}

words! {
    /// What is done about a session by hand.
    SessionAct {
        /// Time counts again.
        Start = "start",
        /// Time does not count.
        Stop = "stop",
    }
}
