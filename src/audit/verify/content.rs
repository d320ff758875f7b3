//! What a ledger commit holds, beside what its request gives: tree, files, author and moment.

use super::{Difference, Verification, first_line};
use crate::domain::decide::Change;
use crate::domain::id::ObjectId;
use crate::domain::request::Request;
use crate::git::{Commit, EntryKind};
use crate::ledger::LedgerError;
use crate::ledger::write::{self, Content};

/// Most bytes of a file that are read to name the line that differs.
const SHOWN: u64 = 64 << 20;

impl Verification<'_> {
    pub(super) fn tree(
        &self,
        parent: Option<ObjectId>,
        commit: &Commit,
        change: &Change,
        request: &Request,
    ) -> Result<(), Difference> {
        let mut writer = self.repo.hasher();
        let expected = write::tree(&self.loader, &mut writer, parent, change, request)
            .map_err(Difference::Unreadable)?;
        if expected == commit.tree {
            return Ok(());
        }
        let named = self
            .file(parent, commit, change, request)
            .map_err(Difference::Unreadable)?;
        Err(named.unwrap_or(Difference::Tree {
            expected,
            found: commit.tree,
        }))
    }

    /// The first file, by path, that is not what the request gives.
    fn file(
        &self,
        parent: Option<ObjectId>,
        commit: &Commit,
        change: &Change,
        request: &Request,
    ) -> Result<Option<Difference>, LedgerError> {
        let mut expected = write::files(&self.loader, parent, change, request)?;
        if let Some(parent) = parent {
            // What the commit changes without being asked must be as it was.
            for path in self.repo.changed_paths(parent, commit.tree)? {
                let before = path.old.map(|entry| Content::Blob(entry.id));
                if let (Some(before), false) = (before, expected.contains_key(&path.path)) {
                    expected.insert(path.path, before);
                } else if path.old.is_none() && !expected.contains_key(&path.path) {
                    return self.unasked(commit, path.path).map(Some);
                }
            }
        }
        for (path, content) in expected {
            let there = self.repo.entry_at(commit.tree, &path)?;
            if let Some(found) = there.and_then(|entry| oddity(entry.kind)) {
                return Ok(Some(Difference::Kind { path, found }));
            }
            let expected = match content {
                Content::Text(text) => Some(text),
                Content::Blob(blob) => Some(self.text(blob)?),
                Content::Gone => None,
            };
            let found = self.text_at(commit, &path)?;
            if let Some((line, expected, found)) = first_line(expected.as_deref(), found.as_deref())
            {
                return Ok(Some(Difference::File {
                    path,
                    line,
                    expected,
                    found,
                }));
            }
        }
        Ok(None)
    }

    fn unasked(&self, commit: &Commit, path: String) -> Result<Difference, LedgerError> {
        let found = self.text_at(commit, &path)?.unwrap_or_default();
        Ok(Difference::File {
            path,
            line: 1,
            expected: None,
            found: Some(found.lines().next().unwrap_or_default().to_owned()),
        })
    }

    fn text(&self, blob: ObjectId) -> Result<String, LedgerError> {
        let bytes = self.repo.blob(blob, SHOWN)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn text_at(&self, commit: &Commit, path: &str) -> Result<Option<String>, LedgerError> {
        let bytes = self.repo.blob_at(commit.tree, path, SHOWN)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// What an entry is, where it is no plain file.
fn oddity(kind: EntryKind) -> Option<&'static str> {
    match kind {
        EntryKind::Blob => None,
        EntryKind::Exec => Some("executable"),
        EntryKind::Link => Some("a symbolic link"),
        EntryKind::Submodule => Some("a submodule"),
        EntryKind::Tree => Some("a directory"),
    }
}

/// The author is the agent, both at the moment of the request.
pub(super) fn signatures(commit: &Commit, request: &Request) -> Result<(), Difference> {
    let author = write::author(request);
    let person = |name: &str, email: &str| format!("{name} <{email}>");
    let time = |seconds: i64, offset: i32| format!("{seconds} {offset:+}");
    let facts = [
        (
            "author",
            person(&author.name, &author.email),
            person(&commit.author.name, &commit.author.email),
        ),
        (
            "author time",
            time(author.seconds, author.offset),
            time(commit.author.seconds, commit.author.offset),
        ),
        (
            "committer time",
            time(request.at.seconds(), 0),
            time(commit.committer.seconds, commit.committer.offset),
        ),
    ];
    match facts.into_iter().find(|(_, want, have)| want != have) {
        None => Ok(()),
        Some((what, expected, found)) => Err(Difference::Signature {
            what,
            expected,
            found,
        }),
    }
}
