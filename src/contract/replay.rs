//! `audit replay` as programs see it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::task::{ClaimView, TaskView};
use crate::ops::replay::ReplayOutcome;

/// `data` of `audit replay`: the queue as it was right after one ledger commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayView {
    /// The ledger commit that was taken.
    pub commit: String,
    /// What its clock showed (RFC 3339).
    pub at: String,
    /// Its line for people.
    pub summary: String,
    /// How many commits before it have clocks that showed a later time.
    pub ahead: usize,
    /// The target commit whose rules were in force.
    pub rules: String,
    /// The law that was in force; none where the ledger has no marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub law: Option<u32>,
    /// Whether the identity map was enforced.
    pub enforced: bool,
    /// Number of tasks by status.
    pub counts: BTreeMap<String, usize>,
    /// How many tasks could have been claimed.
    pub ready: usize,
    /// The tasks, by id.
    pub tasks: Vec<ReplayedView>,
}

/// A task as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReplayedView {
    /// The task.
    #[serde(flatten)]
    pub task: TaskView,
    /// Its claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<ClaimView>,
    /// The claim had run out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
}

impl From<&ReplayOutcome> for ReplayView {
    fn from(outcome: &ReplayOutcome) -> Self {
        let snapshot = &outcome.snapshot;
        let tasks = outcome.rows.iter().map(|row| ReplayedView {
            task: TaskView::from(row),
            claim: row
                .state
                .claim()
                .map(|claim| ClaimView::of(claim, &row.state)),
            expired: outcome.expired.contains(&row.task.id),
        });
        let counts = outcome.counts.iter();
        Self {
            commit: outcome.taken.commit.to_string(),
            at: outcome.taken.at.to_string(),
            summary: outcome.summary.clone(),
            ahead: outcome.taken.ahead,
            rules: snapshot.rules.at.to_string(),
            law: snapshot.marker.as_ref().map(|marker| marker.law),
            enforced: snapshot.rules.identity.mode == crate::domain::identity::Mode::Enforced,
            counts: counts
                .map(|(status, n)| (status.word().to_owned(), *n))
                .collect(),
            ready: outcome.ready,
            tasks: tasks.collect(),
        }
    }
}
