//! What a task's records say to whoever goes on with it.

use crate::domain::id::{AgentName, ObjectId};
use crate::domain::record::{Finding, Handoff, Record, RecordBody, RootCause, Verdict};
use crate::domain::time::Timestamp;

/// How earlier work on the task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: AgentName,
    /// `revise`, `reject`, `block`, `return`, `release`, `conflict`, `expire`, …
    pub how: String,
    /// Why, where it was said.
    pub reason: String,
    /// What a review found.
    pub findings: Vec<Finding>,
}

/// The records, looked through.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// What sent the work back last, if nothing was handed off since.
    pub sent_back: Option<Attempt>,
    /// Everything that ended earlier work, oldest first.
    pub attempts: Vec<Attempt>,
    /// Remarks, oldest first.
    pub notes: Vec<(Timestamp, AgentName, String)>,
    /// The commit handed off last.
    pub handed_off: Option<ObjectId>,
    /// The root cause that was given last.
    pub root_cause: Option<RootCause>,
}

/// Events that end the work of an epoch without landing it.
const ENDS: [&str; 7] = [
    "return",
    "release",
    "expire",
    "conflict",
    "reopen",
    "unland",
    "take_over",
];

/// Looks the records of a task through.
#[must_use]
pub fn past(records: &[Record]) -> Past {
    let mut past = Past::default();
    for record in records {
        match &record.body {
            RecordBody::Handoff(handoff) => handed_off(&mut past, handoff),
            RecordBody::Review(review) if review.verdict != Verdict::Accept => {
                let attempt = Attempt {
                    findings: review.findings.clone(),
                    ..ended(record, review.verdict.word(), "")
                };
                past.sent_back = Some(attempt.clone());
                past.attempts.push(attempt);
            }
            RecordBody::Event { event, reason } if ENDS.contains(&event.as_str()) => {
                let attempt = ended(record, event, reason);
                if event == "conflict" {
                    past.sent_back = Some(attempt.clone());
                }
                past.attempts.push(attempt);
            }
            RecordBody::Note { text, .. } => {
                past.notes
                    .push((record.at, record.by.clone(), text.clone()));
            }
            _ => {}
        }
    }
    past
}

fn handed_off(past: &mut Past, handoff: &Handoff) {
    past.sent_back = None;
    past.handed_off = Some(handoff.commit);
    if handoff.root_cause.is_some() {
        past.root_cause.clone_from(&handoff.root_cause);
    }
}

fn ended(record: &Record, how: &str, reason: &str) -> Attempt {
    Attempt {
        at: record.at,
        by: record.by.clone(),
        how: how.to_owned(),
        reason: reason.to_owned(),
        findings: Vec::new(),
    }
}
