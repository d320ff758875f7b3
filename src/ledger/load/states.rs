//! The states of a snapshot, in shards and in the archive, and the records of single tasks.

use std::cell::RefMut;
use std::collections::HashMap;
use std::sync::Arc;

use super::Loader;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::Record;
use crate::domain::snapshot::States;
use crate::domain::state::TaskState;
use crate::ledger::archive::{self, ArchivedStates};
use crate::ledger::format::v1::state::{StateFile, TaskHistory};
use crate::ledger::index::{CachedShard, StatesCache};
use crate::ledger::read::{self, Origin};
use crate::ledger::yaml::Limits;
use crate::ledger::{BadFile, LedgerError, paths};

/// So many state files are kept as they were read last: what one commit leaves, the next one about
/// the same task reads three times.
const RECENT: usize = 64;

impl Loader<'_> {
    /// All states written in the tree of `commit`, with those of archived tasks to look up.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one does not read.
    pub fn states(&self, commit: ObjectId) -> Result<States, LedgerError> {
        let archived = self.archive(commit)?;
        Ok(self.live_states(commit)?.with_archive(archived))
    }

    /// The states that have a file of their own.
    fn live_states(&self, commit: ObjectId) -> Result<States, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let Some(root) = self.repo.entry_at(tree, paths::STATE_DIR)? else {
            return Ok(States::default());
        };
        let mut known = self.states.borrow_mut();
        let entries = self.repo.entries(root.id)?;
        let mut changed = Vec::new();
        for (name, entry) in &entries {
            let before = known.shards.get(name);
            if before.is_none_or(|(tree, _)| *tree != entry.id) {
                let before = before.map_or(&[][..], |(_, rows)| rows);
                let rows = self.shard(commit, name, entry.id, before)?;
                changed.push((name.clone(), entry.id, rows));
            }
        }
        known.keep(&entries);
        for (name, tree, rows) in changed {
            known.replace(name, tree, rows);
        }
        if let Some(caches) = &self.cache {
            let archive = self.repo.entry_at(tree, paths::ARCHIVE_DIR)?;
            let trees = entries.values().map(|entry| entry.id);
            let trees = trees.chain(archive.map(|entry| entry.id)).collect();
            caches.states.borrow_mut().save(&caches.cache, &trees);
        }
        Ok(known.states.clone())
    }

    /// The states of a shard: those that `before` knows by their blob are not read again.
    fn shard(
        &self,
        commit: ObjectId,
        name: &str,
        tree: ObjectId,
        before: &[(ObjectId, TaskId, TaskState)],
    ) -> Result<CachedShard, LedgerError> {
        let cached = self.cache.as_ref().map(|caches| caches.states.borrow_mut());
        let known = cached
            .as_ref()
            .and_then(|states| states.shard(tree).cloned());
        match known {
            Some(rows) => Ok(rows),
            None => self.read_shard(commit, name, tree, before, cached),
        }
    }

    /// Puts a shard together: states that are known by their blob, here or by the cache, are not
    /// read again.
    fn read_shard(
        &self,
        commit: ObjectId,
        name: &str,
        tree: ObjectId,
        before: &[(ObjectId, TaskId, TaskState)],
        mut cached: Option<RefMut<'_, StatesCache>>,
    ) -> Result<CachedShard, LedgerError> {
        let mut rows = CachedShard::new();
        let mut read = 0;
        let here: HashMap<ObjectId, &(ObjectId, TaskId, TaskState)> =
            before.iter().map(|row| (row.0, row)).collect();
        for (file, entry) in self.repo.entries(tree)? {
            if let Some(row) = here.get(&entry.id) {
                rows.push((*row).clone());
                continue;
            }
            let known = cached.as_mut().and_then(|states| states.state(entry.id));
            let (id, state) = match known {
                Some(known) => known,
                None => {
                    read += 1;
                    let path = format!("{}/{name}/{file}", paths::STATE_DIR);
                    let history = self.state_file(commit, &path, entry.id)?;
                    (history.id, history.state)
                }
            };
            rows.push((entry.id, id, state));
        }
        if let Some(states) = &mut cached {
            states.put(tree, rows.clone(), read);
        }
        Ok(rows)
    }

    fn state_file(
        &self,
        commit: ObjectId,
        path: &str,
        blob: ObjectId,
    ) -> Result<TaskHistory, LedgerError> {
        let mut recent = self.recent.borrow_mut();
        let known = recent.iter().find(|(known, _)| *known == blob);
        let known = known.map(|(_, history)| history.clone());
        let history = match known {
            Some(history) => history,
            None => {
                let bytes = self.repo.blob(blob, Limits::STATE.bytes as u64)?;
                let origin = Origin {
                    file: path,
                    commit: Some(commit),
                };
                let history = read::meaning::<StateFile>(origin, &bytes, Limits::STATE)?;
                recent.truncate(RECENT - 1);
                recent.push_front((blob, history.clone()));
                history
            }
        };
        if paths::state(&history.id) != path {
            let message = format!(
                "it holds the state of `{}`, which stands elsewhere",
                history.id
            );
            return Err(BadFile::whole(path, Some(commit), "state-place", message).into());
        }
        Ok(history)
    }

    /// The states of the tasks that are archived at `commit`.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when an archive file does not read.
    pub fn archive(&self, commit: ObjectId) -> Result<ArchivedStates, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let Some(dir) = self.repo.entry_at(tree, paths::ARCHIVE_DIR)? else {
            return Ok(ArchivedStates::default());
        };
        if let Some((known, archived)) = &*self.archive.borrow()
            && *known == dir.id
        {
            return Ok(archived.clone());
        }
        let mut cached = self.cache.as_ref().map(|caches| caches.states.borrow_mut());
        let known = cached
            .as_ref()
            .and_then(|states| states.shard(dir.id).cloned());
        let rows = match known {
            Some(rows) => rows,
            None => {
                let (mut rows, mut read) = (CachedShard::new(), 0);
                for (name, entry) in self.repo.entries(dir.id)? {
                    let known = cached.as_ref().map(|states| states.rows_of(entry.id));
                    if let Some(known) = known.filter(|known| !known.is_empty()) {
                        rows.extend(known);
                        continue;
                    }
                    let path = format!("{}/{name}", paths::ARCHIVE_DIR);
                    for task in archive::tasks(self, commit, &path)? {
                        read += 1;
                        rows.push((entry.id, task.history.id, task.history.state));
                    }
                }
                if let Some(states) = &mut cached {
                    states.put(dir.id, rows.clone(), read);
                }
                rows
            }
        };
        let states = rows.into_iter().map(|(_, id, state)| (id, state));
        let archived: ArchivedStates = Arc::new(states.collect());
        *self.archive.borrow_mut() = Some((dir.id, archived.clone()));
        Ok(archived)
    }

    /// State and records of one task at `commit`; `None` when it has no state file.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when it does not read.
    pub fn history(
        &self,
        commit: ObjectId,
        task: &TaskId,
    ) -> Result<Option<TaskHistory>, LedgerError> {
        let path = paths::state(task);
        let tree = self.repo.tree_of(commit)?;
        match self.repo.entry_at(tree, &path)? {
            None => Ok(self
                .archived(commit, task)?
                .map(|archived| archived.history)),
            Some(entry) => self.state_file(commit, &path, entry.id).map(Some),
        }
    }

    /// State and records of the tasks whose file at `commit` holds `text`, in no order; the other
    /// files are not read as such. All tasks of an archive file that holds it are given.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one does not read.
    pub fn histories_with(
        &self,
        commit: ObjectId,
        text: &str,
    ) -> Result<Vec<TaskHistory>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let mut found = archive::histories_with(self, commit, text)?;
        let Some(root) = self.repo.entry_at(tree, paths::STATE_DIR)? else {
            return Ok(found);
        };
        for (name, shard) in self.repo.entries(root.id)? {
            for (file, entry) in self.repo.entries(shard.id)? {
                let bytes = self.repo.blob(entry.id, Limits::STATE.bytes as u64)?;
                if String::from_utf8_lossy(&bytes).contains(text) {
                    let path = format!("{}/{name}/{file}", paths::STATE_DIR);
                    found.push(self.state_file(commit, &path, entry.id)?);
                }
            }
        }
        Ok(found)
    }

    /// The records of one task at `commit`, oldest first.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when its state file does not read.
    pub fn records(&self, commit: ObjectId, task: &TaskId) -> Result<Vec<Record>, LedgerError> {
        Ok(self
            .history(commit, task)?
            .map(|history| history.records)
            .unwrap_or_default())
    }
}
