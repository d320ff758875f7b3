//! The states that were read last, kept by shard.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::id::{ObjectId, TaskId};
use crate::domain::snapshot::States;
use crate::domain::state::{Standing, TaskState};
use crate::git::Entry;
use crate::ledger::archive::ArchivedStates;
use crate::ledger::index::CachedShard;

/// The commits with which the tasks of an archive have landed.
pub(super) type ArchivedLandings = (ArchivedStates, Vec<ObjectId>);

/// The states of a tree, and the shards they were read from, by name.
#[derive(Debug, Default)]
pub(super) struct KnownStates {
    pub(super) shards: BTreeMap<String, (ObjectId, CachedShard)>,
    pub(super) states: States,
    /// The commits with which tasks have landed, as far as the target was not seen to reach them.
    pub(super) landed: HashMap<TaskId, ObjectId>,
    /// The same of an archive, whose states never change.
    pub(super) archived: ArchivedLandings,
}

impl KnownStates {
    fn insert(&mut self, id: &TaskId, state: &TaskState) {
        match landed(state) {
            Some(commit) => self.landed.insert(id.clone(), commit),
            None => self.landed.remove(id),
        };
        self.states.insert(id.clone(), state.clone());
    }

    fn remove(&mut self, id: &TaskId) {
        self.landed.remove(id);
        self.states.remove(id);
    }

    /// Puts a shard in the place of the one that was there; what is in both is left alone.
    pub(super) fn replace(&mut self, name: String, tree: ObjectId, rows: CachedShard) {
        let old = self.shards.remove(&name);
        let old = old.map(|(_, rows)| rows).unwrap_or_default();
        let was: HashMap<&TaskId, ObjectId> = old.iter().map(|(blob, id, _)| (id, *blob)).collect();
        let is: HashSet<&TaskId> = rows.iter().map(|(_, id, _)| id).collect();
        for id in was.keys().filter(|id| !is.contains(*id)) {
            self.remove(id);
        }
        for (blob, id, state) in &rows {
            if was.get(id) != Some(blob) {
                self.insert(id, state);
            }
        }
        self.shards.insert(name, (tree, rows));
    }

    /// Forgets the commits that the target reaches.
    pub(super) fn forget_landed(&mut self, reached: impl Fn(&ObjectId) -> bool) {
        self.landed.retain(|_, commit| !reached(commit));
        self.archived.1.retain(|commit| !reached(commit));
    }

    /// The commits that the target was not seen to reach.
    pub(super) fn owing(&self) -> impl Iterator<Item = ObjectId> {
        self.landed.values().chain(&self.archived.1).copied()
    }

    /// Takes out the shards that are not among `names`.
    pub(super) fn keep(&mut self, names: &BTreeMap<String, Entry>) {
        let gone: Vec<String> = self.shards.keys().cloned().collect();
        for name in gone.into_iter().filter(|name| !names.contains_key(name)) {
            for (_, id, _) in self
                .shards
                .remove(&name)
                .into_iter()
                .flat_map(|(_, rows)| rows)
            {
                self.remove(&id);
            }
        }
    }
}

/// The commit with which a task has landed, or is about to.
pub(super) fn landed(state: &TaskState) -> Option<ObjectId> {
    match &state.standing {
        Standing::Done(done) => Some(done.commit),
        Standing::Adopted(adoption) => Some(adoption.commit),
        Standing::InReview {
            landing: Some(landing),
            ..
        } => Some(landing.commit),
        _ => None,
    }
}
