//! Exceptions as programs see them (P23).

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::domain::exception::{ExceptionRecord, Override};
use crate::ops::except::{ExceptOutcome, Told};

/// `data` of `except`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExceptView {
    /// The exceptions that were asked about, by task and number; or the one that was asked for or
    /// decided.
    pub exceptions: Vec<ExceptionView>,
    /// With `--list`: how many there are, by status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub counts: Vec<CountView>,
    /// The ledger's side, when one was asked for or decided.
    #[serde(flatten)]
    pub mutation: Option<MutationView>,
}

/// How many exceptions stand so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CountView {
    /// `open`, `active`, `expired`, `rejected`, `revoked`.
    pub status: String,
    /// The number.
    pub count: usize,
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExceptionView {
    /// The task.
    pub task: String,
    /// Its number, which `--approve` names.
    pub number: u32,
    /// The gate that it lifts.
    pub gate: String,
    /// The seat of the person who decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// `open`, `active`, `expired`, `rejected`, `revoked`.
    pub status: String,
    /// The path of the decision record.
    pub adr: String,
    /// The commit it stands in.
    pub adr_commit: String,
    /// Its blob.
    pub adr_blob: String,
    /// Why.
    pub reason: String,
    /// How it is undone.
    pub rollback: String,
    /// Until when (RFC 3339).
    pub until: String,
    /// Who asked.
    pub by: String,
    /// What shows that they did: `unsigned`, `committer`, `signed`, `verified`; in lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// When (RFC 3339).
    pub at: String,
    /// Who decided last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// What shows that they did; in lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_level: Option<String>,
    /// How often it was used.
    pub uses: usize,
}

impl From<&Told> for ExceptionView {
    fn from(told: &Told) -> Self {
        Self {
            task: told.task.to_string(),
            number: told.number,
            gate: told.gate.clone(),
            seat: told.seat.map(|seat| seat.word().to_owned()),
            status: told.stand.word().to_owned(),
            adr: told.adr.path.clone(),
            adr_commit: told.adr.commit.to_string(),
            adr_blob: told.adr.blob.to_string(),
            reason: told.reason.clone(),
            rollback: told.rollback.clone(),
            until: told.until.to_string(),
            by: told.by.to_string(),
            level: told.level.map(|level| level.to_string()),
            at: told.at.to_string(),
            decided_by: told.decided_by.as_ref().map(ToString::to_string),
            decided_level: told.decided_level.map(|level| level.to_string()),
            uses: told.uses,
        }
    }
}

impl From<&ExceptOutcome> for ExceptView {
    fn from(outcome: &ExceptOutcome) -> Self {
        let counts = outcome.counts.iter().map(|(stand, count)| CountView {
            status: stand.word().to_owned(),
            count: *count,
        });
        Self {
            exceptions: outcome.exceptions.iter().map(ExceptionView::from).collect(),
            counts: counts.collect(),
            mutation: outcome.mutation.as_ref().map(MutationView::from),
        }
    }
}

/// A step of an exception in one line.
pub(super) fn step_line(step: &ExceptionRecord) -> String {
    let (word, exception, note) = match step {
        ExceptionRecord::Asked {
            gate,
            adr,
            reason,
            rollback,
            until,
        } => {
            return format!(
                "asks to lift {gate} until {until} ({}): {reason}; way back: {rollback}",
                adr.path
            );
        }
        ExceptionRecord::Approved { exception, note } => ("approved", exception, note),
        ExceptionRecord::Rejected { exception, note } => ("rejected", exception, note),
        ExceptionRecord::Revoked { exception, note } => ("revoked", exception, note),
    };
    let note = note.as_ref().map(|note| format!(": {note}"));
    format!("{word} exception {exception}{}", note.unwrap_or_default())
}

/// A gate that was lifted, in one line.
pub(super) fn override_line(used: &Override) -> String {
    format!(
        "{} lifted by exception {}, approved by {}: {}",
        used.gate, used.exception, used.by, used.fact
    )
}
