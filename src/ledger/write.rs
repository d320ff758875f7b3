//! Writing a change: from what `decide` gives to one commit. Deterministic: parent, change and
//! request give the tree, byte for byte, so that an audit can compare (DESIGN §4).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Atom, Document, Edit, EditError, Route};
use super::format::v1::marker::MarkerFile;
use super::format::v1::record::RecordEntry;
use super::format::v1::state::StateFile;
use super::format::v1::station::StationFile;
use super::load::{Loader, PlanFile};
use super::message;
use super::yaml::{self, Limits, Tree};
use super::{LedgerError, paths};
use crate::domain::decide::{Change, LAW, PlanChange, StateChange};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::Record;
use crate::domain::request::{FieldEdit, FieldValue, NewTask, Request};
use crate::domain::task::Task;
use crate::git::{NewCommit, Signature, Writer};

/// Size in bytes from which the ledger's plan goes on in a new file, so that adding a task costs
/// the same however many there are.
const SEGMENT: u64 = 128 * 1024;

/// Largest part of a request, in bytes, that stands in the commit message itself.
pub const INLINE: usize = 8 * 1024;

/// Most bytes of a state file that a verb writes which leaves the task where it is: what is left
/// up to the limit of reading is for those that move it on, so that it can be landed or given up.
const ROOM: usize = Limits::STATE.bytes / 4 * 3;

/// The plan file that the tool keeps writing to has its number in four digits.
fn segment_path(number: usize) -> String {
    if number == 1 {
        return paths::QUEUE.to_owned();
    }
    format!("{}/{number:04}.yaml", paths::QUEUE_DIR)
}

/// The place of a plan file that was added as a whole.
#[must_use]
pub fn file_path(blob: ObjectId) -> String {
    format!("{}/file-{}.yaml", paths::QUEUE_DIR, blob.short())
}

/// What a file of the ledger becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// This text.
    Text(String),
    /// A blob that is there already.
    Blob(ObjectId),
    /// It goes.
    Gone,
}

/// The files that `change` writes on top of `parent`, by path.
///
/// # Errors
/// [`LedgerError::Unwritable`] when an edit of the plan is not safe; of git.
pub fn files(
    loader: &Loader<'_>,
    parent: Option<ObjectId>,
    change: &Change,
    request: &Request,
) -> Result<BTreeMap<String, Content>, LedgerError> {
    let mut files = BTreeMap::new();
    if let Some(marker) = &change.marker {
        let text = canonical(&MarkerFile::from(marker))?;
        files.insert(paths::MARKER.to_owned(), Content::Text(text));
    }
    for state in &change.states {
        let text = state_text(loader, parent, state, request)?;
        files.insert(paths::state(&state.task), Content::Text(text));
    }
    for station in &change.stations {
        let text = canonical(&StationFile::of(&station.workstation, &station.state))?;
        files.insert(paths::station(&station.workstation), Content::Text(text));
    }
    for (path, text) in plan_texts(loader, parent, change)? {
        files.insert(path, Content::Text(text));
    }
    for plan in &change.plan {
        if let PlanChange::File { path, blob } = plan {
            files.insert(path.clone(), Content::Blob(*blob));
        }
    }
    super::archive::files(loader, parent, &change.archive, request, &mut files)?;
    Ok(files)
}

/// Writes the tree that `change` makes of the tree of `parent`.
///
/// # Errors
/// As [`files`].
pub fn tree(
    loader: &Loader<'_>,
    writer: &mut Writer<'_>,
    parent: Option<ObjectId>,
    change: &Change,
    request: &Request,
) -> Result<ObjectId, LedgerError> {
    let mut edits = Vec::new();
    for (path, content) in files(loader, parent, change, request)? {
        let blob = match content {
            Content::Text(text) => Some(writer.blob(text.as_bytes())?),
            Content::Blob(blob) => Some(blob),
            Content::Gone => None,
        };
        edits.push((path, blob));
    }
    let base = parent
        .map(|parent| loader.repo().tree_of(parent))
        .transpose()?;
    Ok(writer.tree(base, &edits)?)
}

/// Writes the tree of the ledger commit that carries out `request`, and gives the commit, which is
/// still to be written. Its committer is its author: whoever writes it puts the machine's identity.
///
/// # Errors
/// As [`tree`], and when the request does not fit into a message.
pub fn commit(
    loader: &Loader<'_>,
    writer: &mut Writer<'_>,
    parent: Option<ObjectId>,
    change: &Change,
    request: &Request,
    rules: Option<ObjectId>,
) -> Result<NewCommit, LedgerError> {
    let tree = tree(loader, writer, parent, change, request)?;
    let message = message::compose(request, change, rules, LAW)?;
    Ok(NewCommit {
        tree,
        parents: parent.into_iter().collect(),
        author: author(request),
        committer: author(request),
        message,
    })
}

/// The author of a ledger commit: the agent, at the moment of the request.
#[must_use]
pub fn author(request: &Request) -> Signature {
    let agent = request.actor.agent.as_str();
    let name = agent.trim_start_matches('@');
    Signature {
        name: agent.to_owned(),
        email: format!("{name}@agents.laneway.invalid"),
        seconds: request.at.seconds(),
        offset: 0,
    }
}

/// The lines that a record takes in the file of a state, from the end of the line before them.
///
/// # Errors
/// [`LedgerError::Io`] for what cannot be written down.
pub fn record_text(record: &Record) -> Result<String, LedgerError> {
    let list = BTreeMap::from([(RECORDS, [RecordEntry::from(record)])]);
    let text = canonical(&list)?;
    Ok(text
        .trim_start_matches(RECORDS)
        .trim_start_matches(':')
        .to_owned())
}

/// The key of a state file under which its records stand, last.
const RECORDS: &str = "records";

/// The canonical text of a file that only the tool writes.
pub(super) fn canonical(file: &impl serde::Serialize) -> Result<String, LedgerError> {
    let tree = yaml::to_tree(file).map_err(|error| LedgerError::Io {
        path: "a state file".into(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(yaml::emit(&tree))
}

fn state_text(
    loader: &Loader<'_>,
    parent: Option<ObjectId>,
    change: &StateChange,
    request: &Request,
) -> Result<String, LedgerError> {
    let known = parent.map(|parent| loader.history(parent, &change.task));
    let (before, mut records) = match known.transpose()?.flatten() {
        Some(history) => (Some(history.state), history.records),
        None => (None, Vec::new()),
    };
    for body in &change.append {
        records.push(Record {
            n: u32::try_from(records.len() + 1).unwrap_or(u32::MAX),
            at: request.at,
            by: request.actor.agent.clone(),
            epoch: change.state.epoch,
            body: body.clone(),
        });
    }
    let text = canonical(&StateFile::of(&change.task, &change.state, &records))?;
    let stays = before.is_some_and(|before| {
        before.epoch == change.state.epoch && before.status() == change.state.status()
    });
    let most = if stays { ROOM } else { Limits::STATE.bytes };
    if text.len() > most {
        return Err(LedgerError::TooManyRecords {
            task: change.task.clone(),
            bytes: text.len(),
            most,
        });
    }
    Ok(text)
}

/// The plan files that change, with their new text.
fn plan_texts(
    loader: &Loader<'_>,
    parent: Option<ObjectId>,
    change: &Change,
) -> Result<BTreeMap<String, String>, LedgerError> {
    let mut texts = BTreeMap::new();
    let (Some(parent), false) = (parent, change.plan.is_empty()) else {
        return Ok(texts);
    };
    for plan in &change.plan {
        match plan {
            PlanChange::File { .. } => {}
            PlanChange::Add(new) => append(loader, parent, new, &mut texts)?,
            PlanChange::Edit { task, fields } => {
                let files = loader.plan_files(parent)?;
                let Some(file) = defining(&files, task) else {
                    let why = "no plan file of the ledger defines it".to_owned();
                    return Err(LedgerError::Unwritable {
                        task: task.clone(),
                        why,
                    });
                };
                let text = match texts.remove(&file.path) {
                    Some(text) => text,
                    None => text_of(loader, file.blob)?,
                };
                texts.insert(file.path.clone(), edited(&text, task, fields)?);
            }
        }
    }
    Ok(texts)
}

fn defining<'f>(files: &'f [PlanFile], task: &TaskId) -> Option<&'f PlanFile> {
    files
        .iter()
        .find(|file| file.tasks.iter().any(|known| known.id == *task))
}

pub(super) fn text_of(loader: &Loader<'_>, blob: ObjectId) -> Result<String, LedgerError> {
    let bytes = loader.repo().blob(blob, Limits::PLAN.bytes as u64)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Appends definitions to the last file that the tool writes, or begins the next one.
fn append(
    loader: &Loader<'_>,
    parent: ObjectId,
    new: &[NewTask],
    texts: &mut BTreeMap<String, String>,
) -> Result<(), LedgerError> {
    let Some(first) = new.first() else {
        return Ok(());
    };
    let unwritable = |why: String| LedgerError::Unwritable {
        task: first.task.id.clone(),
        why,
    };
    let files: BTreeMap<String, ObjectId> = loader.plan_blobs(parent)?.into_iter().collect();
    let mut number = 1;
    while files.contains_key(&segment_path(number + 1)) {
        number += 1;
    }
    let mut path = segment_path(number);
    let mut text = "version: 1\ntasks: []\n".to_owned();
    if let Some(last) = files.get(&path) {
        if loader.repo().blob_size(*last)? < SEGMENT {
            text = text_of(loader, *last)?;
        } else {
            path = segment_path(number + 1);
        }
    }
    let tasks = new
        .iter()
        .map(|new| definition_tree(&new.definition))
        .collect::<Option<Vec<_>>>();
    let tasks = tasks.ok_or_else(|| unwritable("its definition is no mapping".to_owned()))?;
    let mut document = Document::new(text);
    let edit = Edit::AppendTasks { tasks };
    document
        .apply(&edit)
        .map_err(|error| unwritable(error.to_string()))?;
    texts.insert(path, document.into_source());
    Ok(())
}

fn definition_tree(definition: &str) -> Option<Tree> {
    let value: serde_json::Value = serde_json::from_str(definition).ok()?;
    let tree = yaml::to_tree(&value).ok()?;
    matches!(tree, Tree::Map(_)).then_some(tree)
}

/// A plan text with fields of one task set or removed.
///
/// # Errors
/// [`LedgerError::Unwritable`] when the text does not allow it safely.
pub fn edited(text: &str, task: &TaskId, fields: &[FieldEdit]) -> Result<String, LedgerError> {
    let unwritable = |error: EditError| LedgerError::Unwritable {
        task: task.clone(),
        why: error.to_string(),
    };
    let mut document = Document::new(text.to_owned());
    for field in fields {
        let route = Route::task(task.as_str()).then(field.key.as_str());
        let edit = match &field.value {
            None => Edit::RemoveKey { route },
            Some(FieldValue::List(items)) => Edit::SetList {
                route,
                items: items.clone(),
            },
            Some(FieldValue::Changed { add, remove }) => {
                let mut items = list_at(&document, task, &field.key).map_err(&unwritable)?;
                items.retain(|item| !remove.contains(item));
                for item in add {
                    if !items.contains(item) {
                        items.push(item.clone());
                    }
                }
                match items.is_empty() {
                    true => Edit::RemoveKey { route },
                    false => Edit::SetList { route, items },
                }
            }
            Some(FieldValue::Text(text)) => Edit::SetScalar {
                route,
                value: Atom::Text(text.clone()),
            },
            Some(FieldValue::Number(number)) => Edit::SetScalar {
                route,
                value: Atom::Int(*number),
            },
            Some(FieldValue::Flag(flag)) => Edit::SetScalar {
                route,
                value: Atom::Bool(*flag),
            },
        };
        document.apply(&edit).map_err(&unwritable)?;
    }
    Ok(document.into_source())
}

/// The list under a key of a task as it stands; empty when there is none.
fn list_at(document: &Document, task: &TaskId, key: &str) -> Result<Vec<String>, EditError> {
    let root = document.root()?;
    let tasks = root
        .get("tasks")
        .and_then(yaml::Node::as_seq)
        .unwrap_or_default();
    let of_task =
        |node: &&yaml::Node<'_>| node.get("id").and_then(yaml::Node::as_str) == Some(task.as_str());
    let list = tasks
        .iter()
        .find(of_task)
        .and_then(|node| node.get(key)?.as_seq());
    let items = list.unwrap_or_default().iter();
    Ok(items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect())
}

/// The definition that an edit of the ledger's plan at `tip` gives; `None` when the ledger does
/// not define the task.
///
/// # Errors
/// [`LedgerError::Unwritable`], also when the result makes no sense; [`LedgerError::BadFile`] when
/// the plan does not read as it stands.
pub fn edited_task(
    loader: &Loader<'_>,
    tip: ObjectId,
    task: &TaskId,
    fields: &[FieldEdit],
) -> Result<Option<Task>, LedgerError> {
    let files = loader.plan_files(tip)?;
    let Some(file) = defining(&files, task) else {
        return Ok(None);
    };
    let text = edited(&text_of(loader, file.blob)?, task, fields)?;
    let origin = super::read::Origin {
        file: &file.path,
        commit: None,
    };
    let tasks = super::read::meaning::<super::format::v1::queue::QueueFile>(
        origin,
        text.as_bytes(),
        Limits::PLAN,
    );
    // The file was sound before: the fault is the edit's, not the ledger's.
    let tasks = tasks.map_err(|bad| LedgerError::Unwritable {
        task: task.clone(),
        why: match bad.findings.first() {
            Some(finding) => finding.message.clone(),
            None => bad.to_string(),
        },
    })?;
    let edited = tasks.into_iter().find(|known| known.id == *task);
    Ok(edited.map(Arc::unwrap_or_clone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::{Site, id, note};

    #[test]
    fn records_stop_before_a_state_file_is_too_large_to_read() {
        let site = Site::new();
        site.add(&["A-1"]);
        drop(site.submit("@ann", note("A-1", "x")).unwrap());
        let tip = site.tip();
        let rules = site.target();
        let loader = Loader::new(&site.ledger.repo);
        let snapshot = loader.snapshot(Some(tip), rules, None).unwrap();
        let state = snapshot.states.get(&id("A-1")).clone();
        let request = site.request("@ann", note("A-1", "x"));
        let written = |state: &crate::domain::state::TaskState, bytes: usize| {
            let change = StateChange {
                task: id("A-1"),
                state: state.clone(),
                append: vec![crate::domain::record::RecordBody::Note {
                    text: "x".repeat(bytes),
                    resolution: false,
                }],
            };
            state_text(&loader, Some(tip), &change, &request)
        };
        let full = |written: Result<String, LedgerError>| {
            matches!(written, Err(LedgerError::TooManyRecords { .. }))
        };
        assert!(written(&state, 1000).is_ok());
        // What is left above is for verbs that move the task on.
        assert!(full(written(&state, ROOM)));
        let given_up = state.with(crate::domain::state::Standing::Cancelled {
            at: request.at,
            by: request.actor.agent.clone(),
            reason: "full".to_owned(),
        });
        assert!(written(&given_up, ROOM).is_ok());
        assert!(full(written(&given_up, Limits::STATE.bytes)));
    }
}
