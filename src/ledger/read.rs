//! Reading a governance file: bytes, then YAML, then shape, then meaning; every problem with its
//! place in the text.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::finding::{BadFile, Finding, Severity};
use super::format::v1::QueueFile;
use super::format::{self, File, Problem, ReadError};
use super::yaml::{self, Limits, LineIndex, Node, ShapeError, SyntaxError};
use crate::domain::id::ObjectId;
use crate::domain::task::Task;
use crate::git::{Entry, EntryKind, GitError, Repo};

/// Where a text comes from, for findings.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Path in the repository.
    pub file: &'a str,
    /// The commit it was read from; none: the working tree.
    pub commit: Option<ObjectId>,
}

/// Reads the meaning of a governance file.
///
/// # Errors
/// [`BadFile`] with every problem found.
pub fn meaning<F: File>(
    origin: Origin<'_>,
    bytes: &[u8],
    limits: Limits,
) -> Result<F::Domain, BadFile> {
    let node = yaml::parse_bytes(bytes, limits).map_err(|error| syntax(origin, bytes, error))?;
    // The source parsed, so it is UTF-8.
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    from_node::<F>(origin, text, &node)
}

/// Reads the meaning of a plan file, which may be long: its tasks are judged one by one as they are
/// parsed, so that the document is never held as a whole (P23).
///
/// # Errors
/// As [`meaning`].
pub fn plan(origin: Origin<'_>, bytes: &[u8]) -> Result<Vec<Arc<Task>>, BadFile> {
    // What is wrong with a file is told by the reading of the whole, which knows every place.
    match plan_in_parts(bytes) {
        Some(tasks) => Ok(tasks),
        None => meaning::<QueueFile>(origin, bytes, Limits::PLAN),
    }
}

/// The tasks of a plan file with which nothing is wrong.
fn plan_in_parts(bytes: &[u8]) -> Option<Vec<Arc<Task>>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut tasks = Some(Vec::new());
    let frame = yaml::parse_items(text, Limits::PLAN, QueueFile::ITEMS, |entry| {
        match (yaml::from_node(&entry), &mut tasks) {
            (Ok(task), Some(tasks)) => tasks.push(task),
            (Err(_), _) | (_, None) => tasks = None,
        }
    });
    let mut file: QueueFile = yaml::from_node(&frame.ok()?).ok()?;
    file.tasks = tasks?;
    file.into_domain().ok()
}

/// Reads the meaning of a document that is already parsed.
///
/// # Errors
/// [`BadFile`] with every problem found.
pub fn from_node<F: File>(
    origin: Origin<'_>,
    text: &str,
    node: &Node<'_>,
) -> Result<F::Domain, BadFile> {
    format::read::<F, _>(node).map_err(|error| {
        let index = LineIndex::new(text);
        let findings = match error {
            ReadError::Version(problem) => vec![problem_at(&index, node, problem)],
            ReadError::Shape(error) => vec![shape_at(&index, error)],
            ReadError::Meaning(problems) => problems
                .into_iter()
                .map(|problem| problem_at(&index, node, problem))
                .collect(),
        };
        bad(origin, text, findings)
    })
}

/// Reads a blob of `commit` at `path`: `None` when there is nothing.
///
/// # Errors
/// A finding when the entry is a symbolic link or anything else than a file (PROMISES P21).
pub fn blob_of(
    repo: &Repo,
    tree: ObjectId,
    origin: Origin<'_>,
    limits: Limits,
) -> Result<Option<(ObjectId, Vec<u8>)>, super::LedgerError> {
    let Some(entry) = repo.entry_at(tree, origin.file)? else {
        return Ok(None);
    };
    let bytes = blob_of_entry(repo, entry, origin, limits)?;
    Ok(Some((entry.id, bytes)))
}

/// What is wrong with a name that is not UTF-8.
pub const ILLEGIBLE: &str = "the name is not UTF-8, so nothing here can name the file: rename it";

/// What is wrong where a directory should be.
pub const NO_DIRECTORY: &str =
    "it is a link, a file or a submodule, and no directory: nothing in it is read";

/// The entries of the directory of `commit` that `origin` names, as far as their names end so; none
/// where nothing is.
///
/// # Errors
/// A finding when it is no directory, or when such a name is not UTF-8: what is in it would go
/// unread, and nobody would know.
pub fn directory(
    repo: &Repo,
    tree: ObjectId,
    origin: Origin<'_>,
    ending: &str,
) -> Result<BTreeMap<String, Entry>, super::LedgerError> {
    let Some(dir) = repo.entry_at(tree, origin.file)? else {
        return Ok(BTreeMap::new());
    };
    let bad = |path: &str, rule, message: &str| {
        BadFile::whole(path, origin.commit, rule, message.to_owned())
    };
    if dir.kind != EntryKind::Tree {
        return Err(bad(origin.file, "file-kind", NO_DIRECTORY).into());
    }
    let mut found = repo.directory(dir.id)?;
    if let Some(name) = found.illegible.iter().find(|name| name.ends_with(ending)) {
        let path = format!("{}/{name}", origin.file);
        return Err(bad(&path, "file-name", ILLEGIBLE).into());
    }
    found.entries.retain(|name, _| name.ends_with(ending));
    Ok(found.entries)
}

/// The bytes of an entry that was found where `origin` says.
///
/// # Errors
/// As [`blob_of`].
pub fn blob_of_entry(
    repo: &Repo,
    entry: Entry,
    origin: Origin<'_>,
    limits: Limits,
) -> Result<Vec<u8>, super::LedgerError> {
    if !matches!(entry.kind, EntryKind::Blob | EntryKind::Exec) {
        let message = match entry.kind {
            EntryKind::Link => "a governance file must not be a symbolic link",
            _ => "a governance file must be a plain file",
        };
        return Err(
            BadFile::whole(origin.file, origin.commit, "file-kind", message.to_owned()).into(),
        );
    }
    match repo.blob(entry.id, limits.bytes as u64) {
        Ok(bytes) => Ok(bytes),
        Err(GitError::TooLarge { size, limit, .. }) => {
            let message = format!("the file has {size} bytes, more than {limit}");
            Err(BadFile::whole(origin.file, origin.commit, "file-size", message).into())
        }
        Err(error) => Err(error.into()),
    }
}

/// The findings of a text that is not YAML of the ledger profile.
#[must_use]
pub fn syntax(origin: Origin<'_>, bytes: &[u8], error: SyntaxError) -> BadFile {
    let text = String::from_utf8_lossy(bytes);
    let finding = Finding {
        rule: "syntax",
        severity: Severity::Error,
        line: error.line,
        column: error.column,
        span: clamp(error.span, text.len()),
        message: error.message,
        hint: error.hint,
    };
    bad(origin, &text, vec![finding])
}

fn bad(origin: Origin<'_>, text: &str, findings: Vec<Finding>) -> BadFile {
    BadFile {
        file: origin.file.to_owned(),
        commit: origin.commit,
        text: BadFile::shown(text),
        findings,
    }
}

/// Puts an error of a document's shape at its place in the text.
#[must_use]
pub fn shape_at(index: &LineIndex<'_>, error: ShapeError) -> Finding {
    let error = error.locate(index);
    Finding {
        rule: "schema",
        severity: Severity::Error,
        line: error.line,
        column: error.column,
        span: error.span,
        message: error.message,
        hint: error.hint,
    }
}

/// Puts a problem of a document's meaning at its place in the text.
#[must_use]
pub fn problem_at(index: &LineIndex<'_>, node: &Node<'_>, problem: Problem) -> Finding {
    let span = nearest(node, &problem.pointer);
    let (line, column) = index.position(span.start);
    Finding {
        rule: problem.rule,
        severity: Severity::Error,
        line,
        column,
        span,
        message: problem.message,
        hint: problem.hint,
    }
}

/// The place of a pointer, or of the nearest value above it.
pub(super) fn nearest(node: &Node<'_>, pointer: &str) -> Range<usize> {
    let mut pointer = pointer;
    loop {
        if let Some(span) = node.locate(pointer) {
            return span;
        }
        match pointer.rfind('/') {
            Some(at) => pointer = &pointer[..at],
            None => return 0..0,
        }
    }
}

fn clamp(span: Range<usize>, len: usize) -> Range<usize> {
    span.start.min(len)..span.end.min(len)
}
