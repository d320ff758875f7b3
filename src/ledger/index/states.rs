//! The states in a cache file: by shard, each keyed by its tree, each state by its blob. After a
//! claim one shard differs, and in it one blob.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::row::{IdRow, StateRow, id_row};
use super::{Cache, file};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::state::TaskState;

const MAGIC: &[u8; 8] = b"LANESTAT";
/// Raised with every change of the format.
const VERSION: u32 = 5;
/// From so many states that were not in the cache it is written anew.
const STALE: usize = 24;

/// The states of one shard: blob, task, state.
pub type CachedShard = Vec<(ObjectId, TaskId, TaskState)>;

/// The cached states of one ledger.
#[derive(Debug, Default)]
pub struct StatesCache {
    shards: HashMap<ObjectId, CachedShard>,
    states: HashMap<ObjectId, (TaskId, TaskState)>,
    reachable: Option<(ObjectId, HashSet<ObjectId>)>,
    misses: usize,
}

/// Blob, id and state of one state file.
type StateEntry = (IdRow, String, StateRow);

#[derive(Serialize, Deserialize)]
struct Wire {
    shards: Vec<(IdRow, Vec<StateEntry>)>,
    reachable: Option<(IdRow, Vec<IdRow>)>,
}

impl StatesCache {
    /// Reads the cache; a missing, foreign or damaged one is empty.
    #[must_use]
    pub fn open(cache: &Cache) -> Self {
        Self::read(cache).unwrap_or_default()
    }

    fn read(cache: &Cache) -> Option<Self> {
        let bytes = std::fs::read(cache.path("states")).ok()?;
        let (head, body) = bytes.split_at_checked(20)?;
        let sum: [u8; 8] = head[12..20].try_into().ok()?;
        let sound = head[..8] == *MAGIC
            && head[8..12] == VERSION.to_le_bytes()
            && file::checksum(body) == u64::from_le_bytes(sum);
        if !sound {
            return None;
        }
        let wire: Wire = postcard::from_bytes(body).ok()?;
        let mut found = Self::default();
        for (tree, rows) in wire.shards {
            let mut shard = Vec::with_capacity(rows.len());
            for (blob, id, row) in rows {
                let blob = ObjectId::from_bytes(&blob)?;
                shard.push((blob, TaskId::accepted_before(id), row.into_state()?));
            }
            found.shards.insert(ObjectId::from_bytes(&tree)?, shard);
        }
        if let Some((target, commits)) = wire.reachable {
            let commits: Option<HashSet<ObjectId>> =
                commits.iter().map(|id| ObjectId::from_bytes(id)).collect();
            found.reachable = Some((ObjectId::from_bytes(&target)?, commits?));
        }
        Some(found)
    }

    /// The shard with this tree.
    #[must_use]
    pub fn shard(&self, tree: ObjectId) -> Option<&CachedShard> {
        self.shards.get(&tree)
    }

    /// The rows that were read from this blob, which may hold many.
    #[must_use]
    pub fn rows_of(&self, blob: ObjectId) -> CachedShard {
        let all = self.shards.values().flatten();
        all.filter(|(known, _, _)| *known == blob)
            .cloned()
            .collect()
    }

    /// The state in this blob, from whichever shard.
    pub fn state(&mut self, blob: ObjectId) -> Option<(TaskId, TaskState)> {
        if self.states.is_empty() {
            let all = self.shards.values().flatten();
            self.states = all
                .map(|(blob, id, state)| (*blob, (id.clone(), state.clone())))
                .collect();
        }
        self.states.get(&blob).cloned()
    }

    /// Remembers a shard that had to be put together, with how many states were read for it.
    pub fn put(&mut self, tree: ObjectId, shard: CachedShard, read: usize) {
        self.misses += read;
        self.shards.insert(tree, shard);
    }

    /// The target for which reachability is known, and the commits it reaches.
    #[must_use]
    pub fn reachable(&self) -> Option<&(ObjectId, HashSet<ObjectId>)> {
        self.reachable.as_ref()
    }

    /// Remembers which commits `target` reaches; `looked` of them had to be looked for.
    pub fn put_reachable(&mut self, target: ObjectId, commits: HashSet<ObjectId>, looked: usize) {
        self.misses += looked;
        self.reachable = Some((target, commits));
    }

    /// Writes the cache when much of it was missing. Only the shards of `current` are kept.
    pub fn save(&mut self, cache: &Cache, current: &BTreeSet<ObjectId>) {
        if self.misses < STALE {
            return;
        }
        let shards = self
            .shards
            .iter()
            .filter(|(tree, _)| current.contains(tree));
        let rows = |shard: &CachedShard| {
            let row = |(blob, id, state): &(ObjectId, TaskId, TaskState)| {
                (id_row(*blob), id.to_string(), StateRow::from(state))
            };
            shard.iter().map(row).collect()
        };
        let wire = Wire {
            shards: shards
                .map(|(tree, shard)| (id_row(*tree), rows(shard)))
                .collect(),
            reachable: self.reachable.as_ref().map(|(target, commits)| {
                (
                    id_row(*target),
                    commits.iter().copied().map(id_row).collect(),
                )
            }),
        };
        let Ok(body) = postcard::to_stdvec(&wire) else {
            return;
        };
        let mut head = Vec::with_capacity(20);
        head.extend(MAGIC);
        head.extend(VERSION.to_le_bytes());
        head.extend(file::checksum(&body).to_le_bytes());
        if file::replace(&cache.path("states"), &[&head, &body]).is_ok() {
            self.misses = 0;
        }
    }
}
