//! Exceptions and overrides: in state files, records and requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::exception::{DecisionFile, ExceptAct, ExceptionRecord, Override, Waiver};
use crate::domain::id::{AgentName, ObjectId};
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// An approved exception.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverEntry {
    /// The gate that does not refuse.
    pub gate: String,
    /// The number of the record that asks for it.
    #[schemars(range(min = 1))]
    pub exception: u32,
    /// Who approved it.
    pub by: Text<AgentName>,
    /// Until when.
    pub until: Text<Timestamp>,
}

/// A step of an exception.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ExceptionEntry {
    /// It is asked for.
    Asked {
        /// The gate to lift.
        gate: String,
        /// The path of the decision record.
        adr: String,
        /// The commit it stood in.
        commit: Text<ObjectId>,
        /// Its blob.
        blob: Text<ObjectId>,
        /// Why.
        reason: String,
        /// How it is undone.
        rollback: String,
        /// Until when it shall hold.
        until: Text<Timestamp>,
    },
    /// A person approved it.
    Approved {
        /// The number of the record that asks.
        exception: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person rejected it.
    Rejected {
        /// The number of the record that asks.
        exception: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person took the approval back.
    Revoked {
        /// The number of the record that asks.
        exception: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

/// A gate that was lifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverrideEntry {
    /// The gate.
    pub gate: String,
    /// The number of the record that asked for the exception.
    pub exception: u32,
    /// Who approved it.
    pub by: Text<AgentName>,
    /// What the gate would have said.
    pub fact: String,
}

/// What a request asks about an exception.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ExceptActEntry {
    Ask {
        gate: String,
        adr: String,
        commit: Text<ObjectId>,
        reason: String,
        rollback: String,
        until: Text<Timestamp>,
    },
    Approve {
        exception: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Reject {
        exception: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Revoke {
        exception: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
}

impl WaiverEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Waiver> {
        let by = at.text("by", self.by);
        let until = at.text("until", self.until);
        Some(Waiver {
            gate: self.gate,
            exception: self.exception,
            by: by?,
            until: until?,
        })
    }
}

impl From<&Waiver> for WaiverEntry {
    fn from(waiver: &Waiver) -> Self {
        Self {
            gate: waiver.gate.clone(),
            exception: waiver.exception,
            by: waiver.by.clone().into(),
            until: waiver.until.into(),
        }
    }
}

impl ExceptionEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<ExceptionRecord> {
        Some(match self {
            Self::Asked {
                gate,
                adr,
                commit,
                blob,
                reason,
                rollback,
                until,
            } => {
                let commit = at.text("commit", commit);
                let blob = at.text("blob", blob);
                let until = at.text("until", until);
                ExceptionRecord::Asked {
                    gate,
                    adr: DecisionFile {
                        path: adr,
                        commit: commit?,
                        blob: blob?,
                    },
                    reason,
                    rollback,
                    until: until?,
                }
            }
            Self::Approved { exception, note } => ExceptionRecord::Approved { exception, note },
            Self::Rejected { exception, note } => ExceptionRecord::Rejected { exception, note },
            Self::Revoked { exception, note } => ExceptionRecord::Revoked { exception, note },
        })
    }
}

impl From<&ExceptionRecord> for ExceptionEntry {
    fn from(record: &ExceptionRecord) -> Self {
        match record.clone() {
            ExceptionRecord::Asked {
                gate,
                adr,
                reason,
                rollback,
                until,
            } => Self::Asked {
                gate,
                adr: adr.path,
                commit: adr.commit.into(),
                blob: adr.blob.into(),
                reason,
                rollback,
                until: until.into(),
            },
            ExceptionRecord::Approved { exception, note } => Self::Approved { exception, note },
            ExceptionRecord::Rejected { exception, note } => Self::Rejected { exception, note },
            ExceptionRecord::Revoked { exception, note } => Self::Revoked { exception, note },
        }
    }
}

impl OverrideEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Override> {
        Some(Override {
            gate: self.gate,
            exception: self.exception,
            by: at.text("by", self.by)?,
            fact: self.fact,
        })
    }
}

impl From<&Override> for OverrideEntry {
    fn from(used: &Override) -> Self {
        Self {
            gate: used.gate.clone(),
            exception: used.exception,
            by: used.by.clone().into(),
            fact: used.fact.clone(),
        }
    }
}

impl ExceptActEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<ExceptAct> {
        Some(match self {
            Self::Ask {
                gate,
                adr,
                commit,
                reason,
                rollback,
                until,
            } => ExceptAct::Ask {
                gate,
                adr,
                commit: at.text("commit", commit)?,
                reason,
                rollback,
                until: at.text("until", until)?,
            },
            Self::Approve { exception, note } => ExceptAct::Approve { exception, note },
            Self::Reject { exception, note } => ExceptAct::Reject { exception, note },
            Self::Revoke { exception, note } => ExceptAct::Revoke { exception, note },
        })
    }
}

impl From<ExceptAct> for ExceptActEntry {
    fn from(act: ExceptAct) -> Self {
        match act {
            ExceptAct::Ask {
                gate,
                adr,
                commit,
                reason,
                rollback,
                until,
            } => Self::Ask {
                gate,
                adr,
                commit: commit.into(),
                reason,
                rollback,
                until: until.into(),
            },
            ExceptAct::Approve { exception, note } => Self::Approve { exception, note },
            ExceptAct::Reject { exception, note } => Self::Reject { exception, note },
            ExceptAct::Revoke { exception, note } => Self::Revoke { exception, note },
        }
    }
}
