//! What can start, in which order, and for everything else why not (P14, P20, P21).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::gates::ClaimCase;
use super::id::{LaneName, RoleName};
use super::lease;
use super::plan::Head;
use super::refusal::Unmet;
use super::snapshot::Snapshot;
use super::state::Standing;
use super::task::Task;
use super::time::Timestamp;

/// Which tasks are asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Work of this role.
    pub role: Option<&'a RoleName>,
    /// Work that this lane could take.
    pub lane: Option<&'a LaneName>,
}

impl Filter<'_> {
    fn admits(&self, head: &Head<'_>) -> bool {
        self.role.is_none_or(|role| role.as_str() == head.role)
            && self.lane.is_none_or(|lane| {
                lane.role.as_str() == head.role
                    && head.lane.is_none_or(|pinned| pinned == lane.number())
            })
    }
}

/// An open task with what stands against it.
#[derive(Debug, Clone)]
pub struct Waiting<'a> {
    /// The task.
    pub task: &'a Task,
    /// Unmet conditions; never empty, at least one is no warning.
    pub unmet: Vec<Unmet>,
}

/// The place of a task in the queue: resumed work first, then priority, sequence, age, id. Its
/// place in the plan comes last, so that it can be read.
type Place<'a> = (Reverse<bool>, u8, i64, i64, &'a str, usize);

fn place<'a>(snapshot: &Snapshot, at: usize, head: Head<'a>) -> Place<'a> {
    let resumed = match &snapshot.states.of(head.id).standing {
        Standing::Todo { resume } => resume.is_some(),
        Standing::Blocked { .. } => true,
        _ => false,
    };
    (
        Reverse(resumed),
        head.priority,
        head.sequence,
        head.created,
        head.id,
        at,
    )
}

/// The tasks that nobody holds at `now`, in the order of the queue, whether ready or not.
#[must_use]
pub fn open_in_order<'a>(
    snapshot: &'a Snapshot,
    filter: Filter<'_>,
    now: Timestamp,
) -> Vec<&'a Task> {
    queue(snapshot, filter, now).collect()
}

/// The same, sorted only as far as it is read: whoever takes the first ready task of 100,000
/// seldom looks at the second hundred.
pub(super) fn queue<'a>(
    snapshot: &'a Snapshot,
    filter: Filter<'_>,
    now: Timestamp,
) -> impl Iterator<Item = &'a Task> {
    let mut places: BinaryHeap<Reverse<Place<'a>>> = snapshot
        .plan
        .heads()
        .filter(|(_, head)| filter.admits(head) && is_open(snapshot, head.id, now))
        .map(|(at, head)| Reverse(place(snapshot, at, head)))
        .collect();
    std::iter::from_fn(move || places.pop()).filter_map(|Reverse(place)| snapshot.plan.at(place.5))
}

/// The tasks that can start at `now`, in the order in which they should.
#[must_use]
pub fn ready<'a>(snapshot: &'a Snapshot, filter: Filter<'_>, now: Timestamp) -> Vec<&'a Task> {
    queue(snapshot, filter, now)
        .filter(|task| case(snapshot, task, filter, now).holds())
        .collect()
}

/// The tasks that are neither closed nor ready, in the order of the queue, each with every
/// condition that does not hold and its holder.
#[must_use]
pub fn waiting<'a>(snapshot: &'a Snapshot, filter: Filter<'_>, now: Timestamp) -> Vec<Waiting<'a>> {
    let closed = |id: &str| {
        matches!(
            snapshot.states.of(id).standing,
            Standing::Done(_) | Standing::Cancelled { .. }
        )
    };
    let mut rest: Vec<Place<'_>> = snapshot
        .plan
        .heads()
        .filter(|(_, head)| filter.admits(head) && !closed(head.id))
        .map(|(at, head)| place(snapshot, at, head))
        .collect();
    rest.sort_unstable();
    rest.into_iter()
        .filter_map(|place| snapshot.plan.at(place.5))
        .map(|task| Waiting {
            task,
            unmet: case(snapshot, task, filter, now).unmet(),
        })
        .filter(|waiting| waiting.unmet.iter().any(|unmet| !unmet.warning))
        .collect()
}

fn case<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    filter: Filter<'a>,
    now: Timestamp,
) -> ClaimCase<'a> {
    ClaimCase {
        snapshot,
        task,
        now,
        agent: None,
        workstation: None,
        lane: filter.lane,
        host: None,
    }
}

fn is_open(snapshot: &Snapshot, id: &str, now: Timestamp) -> bool {
    match &snapshot.states.of(id).standing {
        Standing::Todo { .. } | Standing::Blocked { .. } => true,
        Standing::AwaitingScope(claim) | Standing::InProgress(claim) => {
            lease::expired(claim, snapshot.rules.policy.lease, now)
        }
        Standing::InReview { .. } | Standing::Done(_) | Standing::Cancelled { .. } => false,
    }
}
