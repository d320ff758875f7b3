//! The archive on the ledger branch: read lazily, written in the one commit that moves tasks into
//! it or out of it (P12).
//!
//! What is looked up for every decision (which ids, at which state) comes as a shard like the
//! states and from the same cache, keyed by the tree of `governance/archive`. Definitions and
//! records are read for those who ask to see a task. Without that directory nothing is read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::document::sheet::{Block, Sheet, newline};
use super::format::text::Text;
use super::format::v1::ArchiveFile;
use super::format::v1::archive::{Archived, ArchivedEntry};
use super::format::v1::state::{StateFile, TaskHistory};
use super::read::{self, Origin};
use super::write::{Content, canonical, text_of};
use super::yaml::{self, Limits};
use super::{BadFile, LedgerError, Loader, paths};
use crate::domain::archive::{ArchiveChange, Period, closed_at};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::request::Request;
use crate::domain::state::TaskState;

/// Size in bytes from which a period goes on in a new file.
const PART: usize = 1 << 20;

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
    let Some(dir) = loader.repo().entry_at(tree, paths::ARCHIVE_DIR)? else {
        return Ok(BTreeMap::new());
    };
    let entries = loader.repo().entries(dir.id)?.into_iter();
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
        for file in of_period(self, commit, &period)? {
            let mut tasks = tasks(self, commit, &file)?.into_iter();
            if let Some(found) = tasks.find(|archived| archived.history.id == *task) {
                return Ok(Some(found));
            }
        }
        Ok(None)
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

/// The files of a period that are there, in order.
fn of_period(
    loader: &Loader<'_>,
    commit: ObjectId,
    period: &Period,
) -> Result<Vec<String>, LedgerError> {
    let there = blobs(loader, commit)?;
    let parts = (1..).map(|part| path(period, part));
    // A part in the middle may be gone, all its tasks given back.
    let most = there.len();
    let found = parts
        .take(most + 64)
        .filter(|path| there.contains_key(path));
    Ok(found.collect())
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
    put(loader, parent, change, request, files)?;
    restore(loader, parent, change, files)
}

fn put(
    loader: &Loader<'_>,
    parent: ObjectId,
    change: &ArchiveChange,
    request: &Request,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    if change.put.is_empty() {
        return Ok(());
    }
    let mut found = HashMap::new();
    let wanted: HashSet<&TaskId> = change.put.iter().map(|(id, _)| id).collect();
    if let Some(rules) = change.rules {
        for file in loader.plan_files(rules)? {
            taken_out(loader, &file, &wanted, true, &mut found)?;
        }
    }
    // The ledger's own definition is the one that goes: the target's is a person's.
    for file in loader.plan_files(parent)? {
        if let Some(left) = taken_out(loader, &file, &wanted, false, &mut found)? {
            files.insert(file.path, Content::Text(left));
        }
    }
    let mut periods: BTreeMap<&Period, Vec<ArchivedEntry>> = BTreeMap::new();
    for (id, period) in &change.put {
        let unwritable = |why: &str| LedgerError::Unwritable {
            task: id.clone(),
            why: why.to_owned(),
        };
        let lines = found
            .remove(id)
            .ok_or_else(|| unwritable("no plan file defines it"))?;
        let history = loader
            .history(parent, id)?
            .ok_or_else(|| unwritable("it has no state"))?;
        let entry = ArchivedEntry {
            at: Text::from(request.at),
            file: lines.file,
            on_target: lines.on_target,
            after: lines.after.map(Text::from),
            gap: 0,
            indent: 0,
            definition: String::new(),
            state: StateFile::of(id, &history.state, &history.records),
        };
        let entry = entry.with_lines(&lines.block.text, lines.block.dash);
        periods.entry(period).or_default().push(entry);
        files.insert(paths::state(id), Content::Gone);
    }
    for (period, new) in periods {
        append(loader, parent, period, new, files)?;
    }
    Ok(())
}

/// A task that was found in a plan file.
struct Lines {
    file: String,
    on_target: bool,
    after: Option<TaskId>,
    block: Block,
}

/// Notes the wanted tasks of a plan file; the file without them, if it has any.
fn taken_out(
    loader: &Loader<'_>,
    file: &super::PlanFile,
    wanted: &HashSet<&TaskId>,
    on_target: bool,
    found: &mut HashMap<TaskId, Lines>,
) -> Result<Option<String>, LedgerError> {
    let Some(first) = file.tasks.iter().find(|task| wanted.contains(&task.id)) else {
        return Ok(None);
    };
    let sheet =
        Sheet::cut(&text_of(loader, file.blob)?).map_err(|error| LedgerError::Unwritable {
            task: first.id.clone(),
            why: format!("{}: {error}", file.path),
        })?;
    let mut above = None;
    let mut left = Vec::new();
    for block in &sheet.blocks {
        let id = TaskId::accepted_before(block.id.clone());
        if wanted.contains(&id) {
            let lines = Lines {
                file: file.path.clone(),
                on_target,
                after: above,
                block: block.clone(),
            };
            found.insert(id.clone(), lines);
        } else {
            left.push(block.text.as_str());
        }
        above = Some(id);
    }
    Ok(Some(sheet.with_tasks(left)))
}

/// Appends to the last file of a period, or begins the next one.
fn append(
    loader: &Loader<'_>,
    parent: ObjectId,
    period: &Period,
    new: Vec<ArchivedEntry>,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    let there = blobs(loader, parent)?;
    let known = of_period(loader, parent, period)?;
    let mut part = 1;
    while known.contains(&path(period, part + 1)) {
        part += 1;
    }
    let mut kept = match there.contains_key(&path(period, part)) {
        true => entries(loader, parent, &path(period, part))?,
        false => Vec::new(),
    };
    let mut bytes = kept.iter().map(size).sum::<usize>();
    let mut changed = false;
    for entry in new {
        if bytes > 0 && bytes + size(&entry) > PART {
            if changed {
                let text = canonical(&ArchiveFile::of(std::mem::take(&mut kept)))?;
                files.insert(path(period, part), Content::Text(text));
            }
            kept.clear();
            bytes = 0;
            part += 1;
        }
        bytes += size(&entry);
        kept.push(entry);
        changed = true;
    }
    let text = canonical(&ArchiveFile::of(kept))?;
    files.insert(path(period, part), Content::Text(text));
    Ok(())
}

/// About how many bytes an entry takes.
fn size(entry: &ArchivedEntry) -> usize {
    let state = canonical(&entry.state).map_or(0, |text| text.len());
    entry.definition.len() + state + 200
}

fn restore(
    loader: &Loader<'_>,
    parent: ObjectId,
    change: &ArchiveChange,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    if change.taken.is_empty() {
        return Ok(());
    }
    let wanted: HashSet<&TaskId> = change.taken.iter().map(|(id, _)| id).collect();
    let periods: std::collections::BTreeSet<&Period> =
        change.taken.iter().map(|(_, period)| period).collect();
    let mut back: Vec<ArchivedEntry> = Vec::new();
    // Where archived tasks of a file stood, for those that stood behind them.
    let mut above: HashMap<TaskId, Option<TaskId>> = HashMap::new();
    for file in blobs(loader, parent)?.into_keys() {
        for entry in entries(loader, parent, &file)? {
            let after = entry.after.as_ref().and_then(|text| text.value().cloned());
            above.extend(entry.state.id.value().map(|id| (id.clone(), after)));
        }
    }
    for period in periods {
        for file in of_period(loader, parent, period)? {
            let (out, left): (Vec<_>, Vec<_>) = entries(loader, parent, &file)?
                .into_iter()
                .partition(|entry| entry.state.id.value().is_some_and(|id| wanted.contains(id)));
            if out.is_empty() {
                continue;
            }
            back.extend(out);
            let content = match left.is_empty() {
                true => Content::Gone,
                false => Content::Text(canonical(&ArchiveFile::of(left))?),
            };
            files.insert(file, content);
        }
    }
    for entry in &back {
        if let Some(id) = entry.state.id.value() {
            files.insert(paths::state(id), Content::Text(canonical(&entry.state)?));
        }
    }
    let on_target = match change.rules {
        Some(rules) => loader.plan_files(rules)?,
        None => Vec::new(),
    };
    let target_defines = |id: &TaskId| {
        on_target
            .iter()
            .any(|file| file.tasks.iter().any(|task| task.id == *id))
    };
    let mut plans: BTreeMap<String, Vec<ArchivedEntry>> = BTreeMap::new();
    for entry in back {
        let defined = entry.state.id.value().is_some_and(target_defines);
        match entry.on_target {
            // A target that still has it needs no second one.
            true if defined => {}
            true => plans
                .entry(paths::QUEUE.to_owned())
                .or_default()
                .push(entry),
            false => plans.entry(entry.file.clone()).or_default().push(entry),
        }
    }
    let there: HashMap<String, ObjectId> = loader.plan_blobs(parent)?.into_iter().collect();
    for (path, entries) in plans {
        let text = match there.get(&path) {
            Some(blob) => text_of(loader, *blob)?,
            None => "version: 1\ntasks: []\n".to_owned(),
        };
        let text = put_back(&path, &text, entries, &above)?;
        files.insert(path, Content::Text(text));
    }
    Ok(())
}

/// A plan text with archived tasks back in their places: what was archived last goes first, so
/// that each finds the file as it left it; of those that left together, the upper ones first.
fn put_back(
    path: &str,
    text: &str,
    mut entries: Vec<ArchivedEntry>,
    above: &HashMap<TaskId, Option<TaskId>>,
) -> Result<String, LedgerError> {
    let unread = |error: super::document::EditError| -> LedgerError {
        let origin = Origin {
            file: path,
            commit: None,
        };
        let bad: BadFile = read::syntax(origin, text.as_bytes(), error.finding().clone());
        bad.into()
    };
    let mut sheet = Sheet::cut(text).map_err(unread)?;
    let end = newline(text);
    let moment = |entry: &ArchivedEntry| entry.at.value().copied();
    entries.sort_by_key(|entry| std::cmp::Reverse(moment(entry)));
    while !entries.is_empty() {
        let latest = moment(&entries[0]);
        let together: HashSet<TaskId> = entries
            .iter()
            .filter(|entry| moment(entry) == latest)
            .filter_map(|entry| entry.state.id.value().cloned())
            .collect();
        // The first of those whose upper neighbour does not wait with it.
        let next = entries.iter().position(|entry| {
            let after = entry.after.as_ref().and_then(|text| text.value());
            moment(entry) == latest && after.is_none_or(|after| !together.contains(after))
        });
        let entry = entries.remove(next.unwrap_or(0));
        let after = entry.after.as_ref().and_then(|text| text.value());
        let place = place_below(after, &sheet, above);
        let id = entry.state.id.value().map(ToString::to_string);
        sheet.blocks.insert(
            place,
            Block {
                id: id.unwrap_or_default(),
                text: entry.lines(end),
                value: serde_json::Value::Null,
                dash: entry.indent as usize,
            },
        );
    }
    Ok(sheet.joined())
}

/// The place below a task; where that is archived itself, below what stood above it.
fn place_below(
    after: Option<&TaskId>,
    sheet: &Sheet,
    above: &HashMap<TaskId, Option<TaskId>>,
) -> usize {
    let mut anchor = after;
    // No chain is longer than the archive.
    for _ in 0..=above.len() {
        let Some(id) = anchor else {
            return 0;
        };
        match (sheet.find(id.as_str()), above.get(id)) {
            (Some(at), _) => return at + 1,
            (None, Some(higher)) => anchor = higher.as_ref(),
            (None, None) => break,
        }
    }
    sheet.blocks.len()
}
