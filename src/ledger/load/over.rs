//! Exceptions that are over because the ledger has seen their end (G21): some commit after their
//! approval is dated later. What the clocks of later requests say changes nothing about that, so
//! one that was set back lifts no gate again.

use std::collections::{BTreeMap, BTreeSet};

use super::Loader;
use crate::domain::exception::ExceptAct;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::request::Verb;
use crate::domain::snapshot::States;
use crate::domain::time::Timestamp;
use crate::git::GitError;
use crate::ledger::{LedgerError, message};

/// An exception: its task and its number.
type Key = (TaskId, u32);

/// What was found last: the commit it was asked about, and for each exception the latest moment from
/// its approval on.
#[derive(Debug, Default)]
pub(super) struct Shown {
    tip: Option<ObjectId>,
    latest: BTreeMap<Key, Timestamp>,
}

impl Loader<'_> {
    /// The exceptions in the states of `tip` whose end is not after the latest moment that the
    /// ledger has shown since their approval. History is looked at only for those that would go by
    /// the moment of `tip` itself.
    pub(super) fn over(
        &self,
        tip: ObjectId,
        tip_time: Timestamp,
        states: &States,
    ) -> Result<BTreeMap<TaskId, BTreeSet<u32>>, LedgerError> {
        let mut over: BTreeMap<TaskId, BTreeSet<u32>> = BTreeMap::new();
        let mut active = BTreeMap::new();
        for (id, waiver) in states.waivers() {
            if waiver.until <= tip_time {
                over.entry(id.clone()).or_default().insert(waiver.exception);
            } else {
                active.insert((id.clone(), waiver.exception), waiver.until);
            }
        }
        if active.is_empty() {
            return Ok(over);
        }
        let latest = self.latest(tip, active.keys().cloned().collect())?;
        for ((id, exception), until) in active {
            let key = (id, exception);
            if latest.get(&key).is_some_and(|latest| until <= *latest) {
                over.entry(key.0).or_default().insert(key.1);
            }
        }
        Ok(over)
    }

    /// The latest moment of the commits from the approval of each exception up to `tip`.
    fn latest(
        &self,
        tip: ObjectId,
        mut wanted: BTreeSet<Key>,
    ) -> Result<BTreeMap<Key, Timestamp>, LedgerError> {
        let mut memory = self.shown.borrow_mut();
        let mut found = BTreeMap::new();
        let mut latest: Option<Timestamp> = None;
        for commit in self.repo.first_parents(tip) {
            let commit = match commit {
                // The edge of a shallow clone: what stood there nobody can say.
                Err(GitError::MissingObject { .. }) => break,
                commit => commit?,
            };
            if memory.tip == Some(commit) {
                for (key, known) in &memory.latest {
                    if wanted.remove(key) {
                        let later = latest.map_or(*known, |latest| latest.max(*known));
                        found.insert(key.clone(), later);
                    }
                }
            }
            if wanted.is_empty() {
                break;
            }
            let commit = self.repo.commit(commit)?;
            let moment = Timestamp::from_seconds(commit.committer.seconds);
            let later = latest.map_or(moment, |latest| latest.max(moment));
            latest = Some(later);
            if let Some(key) = approved(&commit.message).and_then(|key| wanted.take(&key)) {
                found.insert(key, later);
            }
        }
        // Of what no commit approved, all of history is asked.
        found.extend(wanted.into_iter().filter_map(|key| Some((key, latest?))));
        *memory = Shown {
            tip: Some(tip),
            latest: found.clone(),
        };
        Ok(found)
    }
}

/// The exception that a ledger commit approves.
fn approved(text: &str) -> Option<Key> {
    if message::trailer(text, "Laneway-Op") != Some("except") {
        return None;
    }
    match message::read(text, |_, _| None).ok()?.request.verb {
        Verb::Except {
            task,
            act: ExceptAct::Approve { exception, .. },
        } => Some((task, exception)),
        _ => None,
    }
}
