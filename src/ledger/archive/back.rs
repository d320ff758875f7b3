//! Tasks come out of the archive.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::order::Order;
use super::{entries, parts};
use crate::domain::archive::{ArchiveChange, Period};
use crate::domain::id::{ObjectId, TaskId};
use crate::ledger::document::EditError;
use crate::ledger::document::sheet::{Block, Sheet, newline};
use crate::ledger::format::v1::ArchiveFile;
use crate::ledger::format::v1::archive::ArchivedEntry;
use crate::ledger::read::{self, Origin};
use crate::ledger::write::{Content, canonical, text_of};
use crate::ledger::{BadFile, LedgerError, Loader, paths};

pub(super) fn restore(
    loader: &Loader<'_>,
    parent: ObjectId,
    change: &ArchiveChange,
    files: &mut BTreeMap<String, Content>,
) -> Result<(), LedgerError> {
    if change.taken.is_empty() {
        return Ok(());
    }
    let wanted: HashSet<&TaskId> = change.taken.iter().map(|(id, _)| id).collect();
    let periods: BTreeSet<&Period> = change.taken.iter().map(|(_, period)| period).collect();
    let mut back: Vec<ArchivedEntry> = Vec::new();
    let order = Order::read(loader, parent)?;
    for period in periods {
        for file in parts(loader, parent, period)?.into_values() {
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
        let text = put_back(&path, &text, entries, &order)?;
        files.insert(path, Content::Text(text));
    }
    Ok(())
}

/// A plan text with archived tasks back in their places.
fn put_back(
    path: &str,
    text: &str,
    entries: Vec<ArchivedEntry>,
    order: &Order,
) -> Result<String, LedgerError> {
    let unread = |error: EditError| -> LedgerError {
        let origin = Origin {
            file: path,
            commit: None,
        };
        let bad: BadFile = read::syntax(origin, text.as_bytes(), error.finding().clone());
        bad.into()
    };
    let mut sheet = Sheet::cut(text).map_err(unread)?;
    let end = newline(text);
    for entry in entries {
        let place = order.place(&entry, &sheet);
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
