//! The archive on the ledger branch: read lazily, written in the one commit that moves tasks into
//! it or out of it (P12).
//!
//! What is looked up for every decision (which ids, at which state) comes as a shard like the
//! states and from the same cache, keyed by the tree of `governance/archive`. Definitions and
//! records are read for those who ask to see a task. Without that directory nothing is read.

mod back;
mod order;
mod put;

pub(super) use put::stuck;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::format::v1::ArchiveFile;
use super::format::v1::archive::{Archived, ArchivedEntry};
use super::format::v1::state::TaskHistory;
use super::read::{self, Origin};
use super::write::{Content, text_of};
use super::yaml::{self, Limits};
use super::{LedgerError, Loader, paths};
use crate::domain::archive::{ArchiveChange, Period, closed_at};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::request::Request;
use crate::domain::snapshot::{self, Snapshot};
use crate::domain::state::TaskState;
use crate::domain::task::Task;

/// The states of archived tasks, by id.
pub type ArchivedStates = Arc<HashMap<TaskId, TaskState>>;

/// The file of a period; the first one has no number.
fn path(period: &Period, part: usize) -> String {
    match part {
        1 => format!("{}/{period}.yaml", paths::ARCHIVE_DIR),
        part => format!("{}/{period}-{part}.yaml", paths::ARCHIVE_DIR),
    }
}

/// The archive files of `commit`, with their blobs.
fn blobs(loader: &Loader<'_>, commit: ObjectId) -> Result<BTreeMap<String, ObjectId>, LedgerError> {
    let tree = loader.repo().tree_of(commit)?;
    let origin = Origin {
        file: paths::ARCHIVE_DIR,
        commit: Some(commit),
    };
    let entries = read::directory(loader.repo(), tree, origin, "")?.into_iter();
    Ok(entries
        .map(|(name, entry)| (format!("{}/{name}", paths::ARCHIVE_DIR), entry.id))
        .collect())
}

fn bytes(loader: &Loader<'_>, commit: ObjectId, path: &str) -> Result<Vec<u8>, LedgerError> {
    let origin = Origin {
        file: path,
        commit: Some(commit),
    };
    let tree = loader.repo().tree_of(commit)?;
    let found = read::blob_of(loader.repo(), tree, origin, Limits::PLAN)?;
    Ok(found.map(|(_, bytes)| bytes).unwrap_or_default())
}

/// The tasks in one archive file.
///
/// # Errors
/// [`LedgerError::BadFile`] when it does not read.
pub(super) fn tasks(
    loader: &Loader<'_>,
    commit: ObjectId,
    path: &str,
) -> Result<Vec<Archived>, LedgerError> {
    let origin = Origin {
        file: path,
        commit: Some(commit),
    };
    let bytes = bytes(loader, commit, path)?;
    Ok(read::meaning::<ArchiveFile>(origin, &bytes, Limits::PLAN)?)
}

/// The entries of one archive file, as they are written.
fn entries(
    loader: &Loader<'_>,
    commit: ObjectId,
    path: &str,
) -> Result<Vec<ArchivedEntry>, LedgerError> {
    let bytes = bytes(loader, commit, path)?;
    let file = yaml::read::<ArchiveFile>(&bytes, Limits::PLAN).map_err(|error| {
        let origin = Origin {
            file: path,
            commit: Some(commit),
        };
        read::syntax(origin, &bytes, error)
    })?;
    Ok(file.tasks)
}

impl Loader<'_> {
    /// An archived task with its definition, state and records; `None` when `commit` has no such.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when its file does not read.
    pub fn archived(
        &self,
        commit: ObjectId,
        task: &TaskId,
    ) -> Result<Option<Archived>, LedgerError> {
        let states = self.archive(commit)?;
        let Some(at) = states.get(task).and_then(closed_at) else {
            return Ok(None);
        };
        let period = Period::of(at);
        for file in parts(self, commit, &period)?.into_values() {
            let mut tasks = tasks(self, commit, &file)?.into_iter();
            if let Some(found) = tasks.find(|archived| archived.history.id == *task) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// All archived tasks as they are written, each with its file.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when a file does not read.
    pub fn archive_entries(
        &self,
        commit: ObjectId,
    ) -> Result<Vec<(String, ArchivedEntry)>, LedgerError> {
        let mut all = Vec::new();
        for path in blobs(self, commit)?.into_keys() {
            let entries = entries(self, commit, &path)?.into_iter();
            all.extend(entries.map(|entry| (path.clone(), entry)));
        }
        Ok(all)
    }

    /// All archived tasks, by id.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when a file does not read.
    pub fn all_archived(&self, commit: ObjectId) -> Result<Vec<Archived>, LedgerError> {
        let mut all = Vec::new();
        for file in blobs(self, commit)?.into_keys() {
            all.extend(tasks(self, commit, &file)?);
        }
        all.sort_by(|a, b| a.history.id.cmp(&b.history.id));
        Ok(all)
    }
}

/// The definitions of archived tasks among `ids` and all that those depend on, near or far.
pub(super) fn definitions(
    loader: &Loader<'_>,
    commit: ObjectId,
    snapshot: &Snapshot,
    ids: Vec<TaskId>,
) -> Result<BTreeMap<TaskId, (Task, snapshot::Origin)>, LedgerError> {
    let mut found = BTreeMap::new();
    let archive = snapshot.states.archive();
    if archive.is_empty() {
        return Ok(found);
    }
    let mut periods: BTreeMap<Period, HashMap<TaskId, (Task, snapshot::Origin)>> = BTreeMap::new();
    let (mut waiting, mut met) = (ids, HashSet::new());
    while let Some(id) = waiting.pop() {
        if !met.insert(id.clone()) {
            continue;
        }
        let Some(at) = archive.get(&id).and_then(closed_at) else {
            let task = snapshot.plan.get(&id);
            waiting.extend(task.into_iter().flat_map(|task| task.depends_on.clone()));
            continue;
        };
        let period = match periods.entry(Period::of(at)) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(unread) => {
                let mut read = HashMap::new();
                for file in parts(loader, commit, unread.key())?.into_values() {
                    for Archived {
                        definition, origin, ..
                    } in tasks(loader, commit, &file)?
                    {
                        read.insert(definition.id.clone(), (definition, origin));
                    }
                }
                unread.insert(read)
            }
        };
        if let Some((task, origin)) = period.remove(&id) {
            waiting.extend(task.depends_on.iter().cloned());
            found.insert(id, (task, origin));
        }
    }
    Ok(found)
}

/// State and records of the tasks in archive files of `commit` that hold `text`.
pub(super) fn histories_with(
    loader: &Loader<'_>,
    commit: ObjectId,
    text: &str,
) -> Result<Vec<TaskHistory>, LedgerError> {
    let mut found = Vec::new();
    for (path, blob) in blobs(loader, commit)? {
        if text_of(loader, blob)?.contains(text) {
            let tasks = tasks(loader, commit, &path)?.into_iter();
            found.extend(tasks.map(|archived| archived.history));
        }
    }
    Ok(found)
}

/// The files of a period that are there, by the number of the part. A part whose tasks were all
/// given back is gone, so there may be gaps: what is new goes behind the last one.
fn parts(
    loader: &Loader<'_>,
    commit: ObjectId,
    period: &Period,
) -> Result<BTreeMap<usize, String>, LedgerError> {
    let there = blobs(loader, commit)?.into_keys();
    let numbered = there.filter_map(|path| Some((part_of(&path, period)?, path)));
    Ok(numbered.collect())
}

/// Which part of a period a file is, if it is one.
fn part_of(file: &str, period: &Period) -> Option<usize> {
    let stem = file.strip_suffix(".yaml")?;
    let (_, rest) = stem.rsplit_once('/')?;
    let part = match rest.strip_prefix(period.as_str())? {
        "" => 1,
        numbered => numbered.strip_prefix('-')?.parse().ok()?,
    };
    (path(period, part) == file).then_some(part)
}

/// The ledger files that a change of the archive writes, beside those that are written already.
///
/// # Errors
/// [`LedgerError::Unwritable`] when a plan file cannot be taken apart; of reading.
pub(super) fn files(
    loader: &Loader<'_>,
    parent: Option<ObjectId>,
    change: &ArchiveChange,
    request: &Request,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    let (Some(parent), false) = (parent, change.is_empty()) else {
        return Ok(());
    };
    put::put(loader, parent, change, request, files)?;
    back::restore(loader, parent, change, files)
}

#[cfg(test)]
mod tests;
