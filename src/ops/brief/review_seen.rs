//! What a reviewer looks at: the change, what to doubt of its evidence, what no finding asked for.

use super::Speaker;
use super::command::Place;
use super::rehearsal::Rehearsal;
use crate::domain::doubts;
use crate::domain::id::TaskId;
use crate::domain::record::{Record, RecordBody};
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;

/// A submission as a reviewer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewSeen {
    /// The command that shows the change.
    pub diff: String,
    /// The command that prints the form of a review.
    pub form: String,
    /// What of the evidence not to believe without looking (S14).
    pub doubts: Vec<String>,
    /// Files of a revision that no finding names.
    pub outside: Vec<String>,
}

/// What the last handoff gives a reviewer; none where nothing was handed off.
pub(super) fn review_seen(
    asking: &Rehearsal<'_>,
    to: &Speaker,
    task: &Task,
    records: &[Record],
) -> Option<ReviewSeen> {
    let snapshot: &Snapshot = &asking.snapshot;
    let last = records.iter().rev().find_map(|record| match &record.body {
        RecordBody::Handoff(handoff) => Some(handoff),
        _ => None,
    })?;
    let range = format!("{}..{}", last.base.short(), last.commit.short());
    let diff = to.git(Place::Repository, ["diff", range.as_str()], "");
    let doubts = doubts::of(snapshot, task, records);
    Some(ReviewSeen {
        diff: diff.line(),
        form: form(to, &task.id),
        doubts: doubts.into_iter().map(|one| one.message).collect(),
        outside: last.outside.clone(),
    })
}

fn form(to: &Speaker, id: &TaskId) -> String {
    let words = ["review", id.as_str(), "--form"];
    to.laneway(Place::Repository, words, "").line()
}
