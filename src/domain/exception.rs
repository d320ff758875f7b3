//! Exceptions: a gate that is lifted for one task and some time, asked for with a decision record
//! and a way back, approved by a person (P23, G19, G21).
//!
//! Each step is a record; the exceptions in force are part of the task's state as well, because a
//! claim judges without records.

use super::id::{AgentName, ObjectId};
use super::record::{Record, RecordBody};
use super::time::Timestamp;

/// An approved exception: the gate does not refuse the task until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The id of the gate.
    pub gate: String,
    /// The number of the record that asks for it.
    pub exception: u32,
    /// Who approved it.
    pub by: AgentName,
    /// Until when.
    pub until: Timestamp,
}

/// A file that records a decision, as it stood when it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionFile {
    /// Its path in the repository.
    pub path: String,
    /// The commit it stood in.
    pub commit: ObjectId,
    /// Its blob.
    pub blob: ObjectId,
}

/// A step of an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionRecord {
    /// It is asked for.
    Asked {
        /// The gate to lift.
        gate: String,
        /// The decision record.
        adr: DecisionFile,
        /// Why.
        reason: String,
        /// How it is undone.
        rollback: String,
        /// Until when it shall hold.
        until: Timestamp,
    },
    /// A person approved it.
    Approved {
        /// The number of the record that asks.
        exception: u32,
        /// Why.
        note: Option<String>,
    },
    /// A person rejected it.
    Rejected {
        /// The number of the record that asks.
        exception: u32,
        /// Why.
        note: Option<String>,
    },
    /// A person took the approval back.
    Revoked {
        /// The number of the record that asks.
        exception: u32,
        /// Why.
        note: Option<String>,
    },
}

/// A gate that would have refused, and was lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The gate.
    pub gate: String,
    /// The number of the record that asked for the exception.
    pub exception: u32,
    /// Who approved it.
    pub by: AgentName,
    /// What the gate would have said.
    pub fact: String,
}

/// What is asked about an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptAct {
    /// For one.
    Ask {
        /// The gate to lift.
        gate: String,
        /// The path of the decision record.
        adr: String,
        /// The commit it stands in.
        commit: ObjectId,
        /// Why.
        reason: String,
        /// How it is undone.
        rollback: String,
        /// Until when it shall hold.
        until: Timestamp,
    },
    /// To approve one.
    Approve {
        /// Which.
        exception: u32,
        /// Why.
        note: Option<String>,
    },
    /// To reject one.
    Reject {
        /// Which.
        exception: u32,
        /// Why.
        note: Option<String>,
    },
    /// To take an approval back.
    Revoke {
        /// Which.
        exception: u32,
        /// Why.
        note: Option<String>,
    },
}

impl ExceptAct {
    /// The exception that is decided, if one is.
    #[must_use]
    pub fn decides(&self) -> Option<u32> {
        match self {
            Self::Ask { .. } => None,
            Self::Approve { exception, .. }
            | Self::Reject { exception, .. }
            | Self::Revoke { exception, .. } => Some(*exception),
        }
    }
}

/// Where an exception stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stand {
    /// Nobody has decided.
    Open,
    /// It lifts its gate.
    Active,
    /// It was approved, and its time is over.
    Expired,
    /// A person said no.
    Rejected,
    /// A person took it back.
    Revoked,
}

impl Stand {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Revoked => "revoked",
        }
    }
}

/// An exception with what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Exception<'a> {
    /// The record that asks.
    pub record: &'a Record,
    /// The gate.
    pub gate: &'a str,
    /// The decision record.
    pub adr: &'a DecisionFile,
    /// Why.
    pub reason: &'a str,
    /// How it is undone.
    pub rollback: &'a str,
    /// Until when.
    pub until: Timestamp,
    /// The last decision about it.
    pub decided: Option<&'a Record>,
    /// How often it was used.
    pub uses: usize,
}

impl Exception<'_> {
    /// Where it stands at `now`. One that nobody decided in its time is expired too.
    #[must_use]
    pub fn stand(&self, now: Timestamp) -> Stand {
        let decided = self.decided.map(|record| &record.body);
        match decided {
            Some(RecordBody::Exception(ExceptionRecord::Rejected { .. })) => Stand::Rejected,
            Some(RecordBody::Exception(ExceptionRecord::Revoked { .. })) => Stand::Revoked,
            _ if self.until <= now => Stand::Expired,
            Some(_) => Stand::Active,
            None => Stand::Open,
        }
    }
}

/// The exceptions of a task, oldest first.
pub fn exceptions(records: &[Record]) -> impl Iterator<Item = Exception<'_>> {
    records.iter().filter_map(|record| match &record.body {
        RecordBody::Exception(ExceptionRecord::Asked {
            gate,
            adr,
            reason,
            rollback,
            until,
        }) => Some(Exception {
            record,
            gate,
            adr,
            reason,
            rollback,
            until: *until,
            decided: records
                .iter()
                .rfind(|other| decides(&other.body) == Some(record.n)),
            uses: records
                .iter()
                .filter(|other| uses(&other.body) == Some(record.n))
                .count(),
        }),
        _ => None,
    })
}

fn decides(body: &RecordBody) -> Option<u32> {
    match body {
        RecordBody::Exception(
            ExceptionRecord::Approved { exception, .. }
            | ExceptionRecord::Rejected { exception, .. }
            | ExceptionRecord::Revoked { exception, .. },
        ) => Some(*exception),
        _ => None,
    }
}

/// The exception that a record says was used.
#[must_use]
pub fn uses(body: &RecordBody) -> Option<u32> {
    match body {
        RecordBody::Override(used) => Some(used.exception),
        _ => None,
    }
}
