//! The plan files of an import: definitions as our format writes them, and beside them what each
//! task was in its source.

use std::collections::HashMap;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::domain::id::{ObjectId, TaskId};
use crate::domain::import::{ImportedTask, Origin};
use crate::ledger::format::v1::import::{KEY, OriginEntry};
use crate::ledger::format::v1::queue::QueueFile;
use crate::ledger::read;
use crate::ledger::yaml::{self, Limits, LineIndex, Tree, TreeError};
use crate::ledger::{BadFile, paths};

/// Size in bytes from which an import goes on in another file, so that no later edit rewrites
/// megabytes.
const LARGE: usize = 1 << 20;

/// A plan file that is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanText {
    /// Its text.
    pub text: String,
    /// What it defines.
    pub tasks: Vec<ImportedTask>,
}

/// The place of a plan file of an import.
#[must_use]
pub fn file_path(blob: ObjectId) -> String {
    format!("{}/import-{}.yaml", paths::QUEUE_DIR, blob.short())
}

/// Why tasks cannot be written as plan files.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A value has no form in a plan file.
    #[error(transparent)]
    Value(#[from] TreeError),
    /// What was written does not read.
    #[error("the plan file that would be written does not read: {0}")]
    Unreadable(#[from] BadFile),
    /// What was written reads as something else.
    #[error("the plan file that would be written does not say the same of `{0}`")]
    Differs(TaskId),
}

/// The plan files that define these tasks, each read again: what cannot be read back is never
/// written.
///
/// # Errors
/// [`PlanError`].
pub fn texts(tasks: Vec<(ImportedTask, Map<String, Value>)>) -> Result<Vec<PlanText>, PlanError> {
    let mut files = Vec::new();
    let mut begun = Begun::default();
    for (task, definition) in tasks {
        let definition = yaml::emit(&Tree::List(vec![yaml::to_tree(&definition)?]));
        let entry = yaml::to_tree(&OriginEntry::from(&task.origin))?;
        let origin = yaml::emit(&Tree::List(vec![entry]));
        if begun.size() + definition.len() + origin.len() > LARGE {
            files.extend(begun.finish()?);
            begun = Begun::default();
        }
        begun.definitions.push_str(&definition);
        begun.origins.push_str(&origin);
        begun.tasks.push(task);
    }
    files.extend(begun.finish()?);
    Ok(files)
}

#[derive(Default)]
struct Begun {
    definitions: String,
    origins: String,
    tasks: Vec<ImportedTask>,
}

impl Begun {
    fn size(&self) -> usize {
        match self.tasks.is_empty() {
            true => 0,
            false => self.definitions.len() + self.origins.len(),
        }
    }

    fn finish(self) -> Result<Option<PlanText>, PlanError> {
        if self.tasks.is_empty() {
            return Ok(None);
        }
        let text = format!(
            "version: 1\ntasks:\n{}{KEY}:\n{}",
            indented(&self.definitions),
            indented(&self.origins)
        );
        let (file, tasks) = ("the plan file", self.tasks);
        let place = read::Origin { file, commit: None };
        let read = read::meaning::<QueueFile>(place, text.as_bytes(), Limits::PLAN)?;
        let mut said = origins(file, text.as_bytes())?;
        for (n, given) in tasks.iter().enumerate() {
            let origin = said.remove(&given.task.id);
            if read.get(n).map(|task| &**task) != Some(&given.task)
                || origin.as_ref() != Some(&given.origin)
            {
                return Err(PlanError::Differs(given.task.id.clone()));
            }
        }
        Ok(Some(PlanText { text, tasks }))
    }
}

/// Two spaces before each line that says something: also within literal blocks, which go by
/// indentation.
fn indented(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 9 / 8);
    for line in text.split_inclusive('\n') {
        if line != "\n" {
            out.push_str("  ");
        }
        out.push_str(line);
    }
    out
}

/// What a plan file says of where its tasks came from.
///
/// # Errors
/// [`BadFile`] when that does not read.
pub fn origins(file: &str, bytes: &[u8]) -> Result<HashMap<TaskId, Origin>, BadFile> {
    let place = read::Origin { file, commit: None };
    let node = yaml::parse_bytes(bytes, Limits::PLAN)
        .map_err(|error| read::syntax(place, bytes, error))?;
    let Some(list) = node.get(KEY) else {
        return Ok(HashMap::new());
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let entries = Vec::<OriginEntry>::deserialize(list).map_err(|error| BadFile {
        file: file.to_owned(),
        commit: None,
        text: text.into(),
        findings: vec![read::shape_at(&LineIndex::new(text), error)],
    })?;
    let mut origins = HashMap::with_capacity(entries.len());
    for entry in entries {
        let origin = entry.into_domain().map_err(|problems| {
            let all: Vec<String> = problems.into_iter().map(|one| one.message).collect();
            BadFile::whole(file, None, "meaning", all.join("; "))
        })?;
        origins.insert(origin.task.clone(), origin);
    }
    Ok(origins)
}
