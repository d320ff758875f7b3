//! `audit replay`: what `list` and `status` would have said then.

use std::collections::BTreeMap;

use super::OpError;
use super::look::{Row, unknown};
use super::site::Site;
use crate::audit::{At, Taken, find_commit, state_at};
use crate::domain::id::TaskId;
use crate::domain::lease;
use crate::domain::ready::{self, Filter};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Status;

/// Which moment, and of what.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// The moment.
    pub at: At,
    /// This task alone.
    pub task: Option<TaskId>,
}

/// The queue as it was.
#[derive(Debug)]
pub struct ReplayOutcome {
    /// The ledger commit that was taken.
    pub taken: Taken,
    /// Its line for people.
    pub summary: String,
    /// The tasks, by id, with the state they had.
    pub rows: Vec<Row>,
    /// Those whose claim had run out.
    pub expired: Vec<TaskId>,
    /// Number of tasks by status.
    pub counts: BTreeMap<Status, usize>,
    /// How many could have been claimed.
    pub ready: usize,
    /// Everything that was known.
    pub snapshot: Snapshot,
}

/// Shows the queue as it was; `None` when the ledger has no such commit, or nothing so early.
///
/// # Errors
/// When rules, plan or state of then do not read; no plan file defined the task then.
pub fn replay(site: &Site, options: &ReplayOptions) -> Result<Option<ReplayOutcome>, OpError> {
    let Some(taken) = find_commit(&site.ledger, options.at)? else {
        return Ok(None);
    };
    let snapshot = state_at(&site.ledger, &taken)?;
    if let Some(id) = options
        .task
        .as_ref()
        .filter(|id| snapshot.plan.get(id).is_none())
    {
        return Err(unknown(&snapshot, id));
    }
    let mut counts = BTreeMap::new();
    for task in snapshot.plan.iter() {
        let status = snapshot.states.get(&task.id).status();
        *counts.entry(status).or_default() += 1;
    }
    let meant = |id: &TaskId| options.task.as_ref().is_none_or(|only| only == id);
    let tasks = snapshot.plan.iter().filter(|task| meant(&task.id));
    let terms = snapshot.rules.policy.lease;
    let claims = snapshot.states.in_progress();
    let over = claims.filter(|(id, _, claim)| meant(id) && lease::expired(claim, terms, taken.at));
    let commit = site.repo().commit(taken.commit)?;
    Ok(Some(ReplayOutcome {
        summary: commit.message.lines().next().unwrap_or_default().to_owned(),
        rows: tasks.map(|task| Row::of(&snapshot, task)).collect(),
        expired: over.map(|(id, _, _)| id.clone()).collect(),
        counts,
        ready: ready::ready(&snapshot, Filter::default(), taken.at).count(),
        taken,
        snapshot,
    }))
}
