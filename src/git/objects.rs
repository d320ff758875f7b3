use gix::bstr::{BString, ByteSlice as _};
use gix::objs::{CommitRef, Kind, TreeRefIter};

use super::repo::{ours, theirs};
use super::{GitError, Part, Repo};
use crate::domain::id::ObjectId;
use crate::domain::shell::quoted;

/// What a tree entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// A file.
    Blob,
    /// An executable file.
    Exec,
    /// A directory.
    Tree,
    /// A symbolic link; its blob is the target.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// An entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The object.
    pub id: ObjectId,
}

/// Who and when, of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name, without `<`, `>` and line ends.
    pub name: String,
    /// The email, without `<`, `>` and line ends.
    pub email: String,
    /// Seconds since 1970, UTC.
    pub seconds: i64,
    /// Seconds east of UTC of the clock that showed the time.
    pub offset: i32,
}

/// A commit. Text that is not UTF-8 has its broken bytes replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, the first is the line it continues.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who made the commit.
    pub committer: Signature,
    /// The message, as stored.
    pub message: String,
}

/// What happened to a path between two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Content or kind changed.
    Modified,
    /// It is gone.
    Deleted,
}

/// A path that differs between two trees. Directories are told by the paths below them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    /// Slash-separated, from the root of the tree. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What happened.
    pub kind: ChangeKind,
    /// The entry before.
    pub old: Option<Entry>,
    /// The entry after.
    pub new: Option<Entry>,
}

impl Repo {
    /// Whether the object is here.
    #[must_use]
    pub fn exists(&self, id: ObjectId) -> bool {
        self.inner.has_object(theirs(id))
    }

    /// A commit.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::WrongKind`].
    pub fn commit(&self, id: ObjectId) -> Result<Commit, GitError> {
        let object = self.object(id, Kind::Commit)?;
        let decoded = CommitRef::from_bytes(&object.data, self.inner.object_hash());
        let commit = decoded.map_err(|error| library(&format!("decode commit {id}"), error))?;
        let wrong = || GitError::WrongKind {
            id,
            wanted: "commit",
        };
        Ok(Commit {
            tree: ours(&commit.tree()).ok_or_else(wrong)?,
            parents: commit.parents().filter_map(|id| ours(&id)).collect(),
            author: signature(commit.author, id)?,
            committer: signature(commit.committer, id)?,
            message: commit.message.to_str_lossy().into_owned(),
        })
    }

    /// The tree of a commit; a tree is its own.
    ///
    /// # Errors
    /// [`GitError::MissingObject`]; [`GitError::WrongKind`] for a blob or a tag.
    pub fn tree_of(&self, id: ObjectId) -> Result<ObjectId, GitError> {
        let object = self.any_object(id)?;
        let tree = match object.kind {
            Kind::Tree => return Ok(id),
            Kind::Commit => gix::objs::CommitRefIter::from_bytes(&object.data, id_kind(id))
                .tree_id()
                .ok()
                .and_then(|tree| ours(&tree)),
            Kind::Blob | Kind::Tag => None,
        };
        tree.ok_or(GitError::WrongKind {
            id,
            wanted: "commit",
        })
    }

    /// The entry at a slash-separated path of a tree (or of a commit's).
    ///
    /// # Errors
    /// [`GitError::MissingObject`]; [`GitError::WrongKind`] when `tree` is neither.
    pub fn entry_at(&self, tree: ObjectId, path: &str) -> Result<Option<Entry>, GitError> {
        let mut here = Entry {
            kind: EntryKind::Tree,
            id: self.tree_of(tree)?,
        };
        for name in path.split('/') {
            if here.kind != EntryKind::Tree {
                return Ok(None);
            }
            let object = self.object(here.id, Kind::Tree)?;
            let found = TreeRefIter::from_bytes(&object.data, id_kind(here.id))
                .filter_map(Result::ok)
                .find(|entry| entry.filename == name.as_bytes());
            match found.and_then(|entry| entry_of(entry.mode, entry.oid)) {
                Some(entry) => here = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// The size of a blob in bytes, without reading it.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::WrongKind`].
    pub fn blob_size(&self, id: ObjectId) -> Result<u64, GitError> {
        let header = self.inner.try_find_header(theirs(id));
        let header = header.map_err(|error| GitError::library(format!("read {id}"), &error))?;
        let header = header.ok_or_else(|| self.missing(id))?;
        if header.kind() != Kind::Blob {
            return Err(GitError::WrongKind { id, wanted: "blob" });
        }
        Ok(header.size())
    }

    /// The bytes of a blob of at most `limit` bytes.
    ///
    /// # Errors
    /// [`GitError::TooLarge`] before anything is read; as [`blob_size`](Self::blob_size).
    pub fn blob(&self, id: ObjectId, limit: u64) -> Result<Vec<u8>, GitError> {
        let size = self.blob_size(id)?;
        if size > limit {
            return Err(GitError::TooLarge { id, size, limit });
        }
        Ok(self.object(id, Kind::Blob)?.detach().data)
    }

    /// The file at a path of a commit or tree; `None` when there is none or it is no file (a link,
    /// a directory, a submodule).
    ///
    /// # Errors
    /// As [`blob`](Self::blob).
    pub fn blob_at(
        &self,
        commit: ObjectId,
        path: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, GitError> {
        match self.entry_at(commit, path)? {
            Some(Entry {
                kind: EntryKind::Blob | EntryKind::Exec,
                id,
            }) => self.blob(id, limit).map(Some),
            _ => Ok(None),
        }
    }

    /// The paths that differ between two trees (or the trees of two commits), in git's order.
    /// Renames are a deletion and an addition.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::WrongKind`].
    pub fn changed_paths(&self, from: ObjectId, to: ObjectId) -> Result<Vec<PathChange>, GitError> {
        let changes = self.changes(from, to)?.into_iter();
        Ok(changes.map(|(path, change)| change.at(&path)).collect())
    }

    /// The same with the bytes of each path.
    pub(super) fn changes(
        &self,
        from: ObjectId,
        to: ObjectId,
    ) -> Result<Vec<(BString, EntryChange)>, GitError> {
        let (from, to) = (self.tree_of(from)?, self.tree_of(to)?);
        if from == to {
            return Ok(Vec::new());
        }
        let (old, new) = (self.object(from, Kind::Tree)?, self.object(to, Kind::Tree)?);
        let mut recorder = Bounded::default();
        gix::diff::tree(
            TreeRefIter::from_bytes(&old.data, id_kind(from)),
            TreeRefIter::from_bytes(&new.data, id_kind(to)),
            gix::diff::tree::State::default(),
            &self.inner.objects,
            &mut recorder,
        )
        .map_err(|error| match recorder.left() {
            0 => GitError::Library {
                doing: format!("compare trees {from} and {to}"),
                why: format!("more than {MAX_CHANGES} paths differ"),
            },
            _ => library(&format!("compare trees {from} and {to}"), error),
        })?;
        let records = recorder.inner.records.into_iter();
        Ok(records.filter_map(entry_change).collect())
    }

    /// The tree without its top-level entry `governance`: the key that binds evidence of checks to
    /// what was checked. Takes a commit or a tree; the resulting tree is computed, not written.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    pub fn content_key(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        let id = self.tree_of(commit)?;
        let object = self.object(id, Kind::Tree)?;
        let mut bytes = Vec::with_capacity(object.data.len());
        let mut mode = [0; 6];
        for entry in TreeRefIter::from_bytes(&object.data, id_kind(id)) {
            let entry = entry.map_err(|error| library(&format!("decode tree {id}"), error))?;
            if entry.filename != "governance" {
                bytes.extend_from_slice(entry.mode.as_bytes(&mut mode));
                bytes.push(b' ');
                bytes.extend_from_slice(entry.filename);
                bytes.push(0);
                bytes.extend_from_slice(entry.oid.as_bytes());
            }
        }
        let key = gix::objs::compute_hash(self.inner.object_hash(), Kind::Tree, &bytes)
            .map_err(|error| library("hash a tree", error))?;
        ours(&key).ok_or(GitError::WrongKind { id, wanted: "tree" })
    }

    pub(super) fn any_object(&self, id: ObjectId) -> Result<gix::Object<'_>, GitError> {
        let found = self
            .inner
            .try_find_object(theirs(id))
            .map_err(|error| GitError::library(format!("read {id}"), &error))?;
        let object = found.ok_or_else(|| self.missing(id))?;
        let size = object.data.len() as u64;
        if object.kind == Kind::Commit && size > MAX_COMMIT {
            let limit = MAX_COMMIT;
            return Err(GitError::TooLarge { id, size, limit });
        }
        Ok(object)
    }

    pub(super) fn object(&self, id: ObjectId, kind: Kind) -> Result<gix::Object<'_>, GitError> {
        let object = self.any_object(id)?;
        if object.kind == kind {
            return Ok(object);
        }
        let wanted = match kind {
            Kind::Tree => "tree",
            Kind::Blob => "blob",
            Kind::Commit => "commit",
            Kind::Tag => "tag",
        };
        Err(GitError::WrongKind { id, wanted })
    }

    pub(super) fn missing(&self, id: ObjectId) -> GitError {
        GitError::MissingObject {
            id,
            part: self.part(),
        }
    }

    /// What this clone was made without, if anything.
    fn part(&self) -> Option<Part> {
        let names = self.inner.remote_names();
        let of = |name: &str, key: &str| self.config_str(&format!("remote.{name}.{key}"));
        let promises = names.iter().find_map(|name| {
            let name = name.to_str().ok()?;
            let filter = of(name, "partialclonefilter");
            (filter.is_some() || of(name, "promisor").is_some()).then_some((name, filter))
        });
        if let Some((name, filter)) = promises {
            // The filter of the clone would thin out every later fetch, too.
            let unset = match filter {
                Some(_) => {
                    let key = quoted(&format!("remote.{name}.partialclonefilter"));
                    format!("git config --unset-all {key} && ")
                }
                None => String::new(),
            };
            return Some(Part {
                kind: "partial",
                whole: format!("{unset}git fetch --refetch {}", quoted(name)),
            });
        }
        self.is_shallow().then(|| Part {
            kind: "shallow",
            whole: "git fetch --unshallow".to_owned(),
        })
    }
}

/// Most paths that two trees may differ in: a small pack can hold a tree of billions.
const MAX_CHANGES: usize = 1_000_000;

/// Largest commit, in bytes: what takes it apart makes copies of its message and its signature.
const MAX_COMMIT: u64 = 1 << 20;

/// Records changes up to [`MAX_CHANGES`].
#[derive(Default)]
struct Bounded {
    inner: gix::diff::tree::Recorder,
    seen: usize,
}

impl Bounded {
    fn left(&self) -> usize {
        MAX_CHANGES.saturating_sub(self.seen)
    }
}

impl gix::diff::tree::Visit for Bounded {
    fn pop_front_tracked_path_and_set_current(&mut self) {
        self.inner.pop_front_tracked_path_and_set_current();
    }

    fn push_back_tracked_path_component(&mut self, component: &gix::bstr::BStr) {
        self.inner.push_back_tracked_path_component(component);
    }

    fn push_path_component(&mut self, component: &gix::bstr::BStr) {
        self.inner.push_path_component(component);
    }

    fn pop_path_component(&mut self) {
        self.inner.pop_path_component();
    }

    fn visit(&mut self, change: gix::diff::tree::visit::Change) -> std::ops::ControlFlow<()> {
        self.seen += 1;
        match self.left() {
            0 => std::ops::ControlFlow::Break(()),
            _ => self.inner.visit(change),
        }
    }
}

/// An error of a library function, with its causes.
pub(super) fn library(doing: &str, error: impl std::error::Error) -> GitError {
    let mut why = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        why = format!("{why}: {cause}");
        source = cause.source();
    }
    GitError::Library {
        doing: doing.to_owned(),
        why,
    }
}

/// The hash function that made `id`.
pub(super) fn id_kind(id: ObjectId) -> gix::hash::Kind {
    theirs(id).kind()
}

pub(super) fn entry_of(mode: gix::objs::tree::EntryMode, id: &gix::oid) -> Option<Entry> {
    use gix::objs::tree::EntryKind as Mode;
    let kind = match mode.kind() {
        Mode::Tree => EntryKind::Tree,
        Mode::Blob => EntryKind::Blob,
        Mode::BlobExecutable => EntryKind::Exec,
        Mode::Link => EntryKind::Link,
        Mode::Commit => EntryKind::Submodule,
    };
    ours(id).map(|id| Entry { kind, id })
}

/// What happened to an entry that is no directory: it was there before, it is there after, or both.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntryChange {
    Added(Entry),
    Deleted(Entry),
    Modified(Entry, Entry),
}

impl EntryChange {
    /// The entries before and after.
    pub fn sides(self) -> (Option<Entry>, Option<Entry>) {
        match self {
            Self::Added(new) => (None, Some(new)),
            Self::Deleted(old) => (Some(old), None),
            Self::Modified(old, new) => (Some(old), Some(new)),
        }
    }

    fn at(self, path: &BString) -> PathChange {
        let (old, new) = self.sides();
        PathChange {
            path: path.to_str_lossy().into_owned(),
            kind: match self {
                Self::Added(_) => ChangeKind::Added,
                Self::Deleted(_) => ChangeKind::Deleted,
                Self::Modified(..) => ChangeKind::Modified,
            },
            old,
            new,
        }
    }
}

/// The change of a path; none for a directory as such.
fn entry_change(change: gix::diff::tree::recorder::Change) -> Option<(BString, EntryChange)> {
    use gix::diff::tree::recorder::Change;
    let (path, old, new) = match change {
        Change::Addition {
            entry_mode,
            oid,
            path,
            ..
        } => (path, None, entry_of(entry_mode, &oid)),
        Change::Deletion {
            entry_mode,
            oid,
            path,
            ..
        } => (path, entry_of(entry_mode, &oid), None),
        Change::Modification {
            previous_entry_mode,
            previous_oid,
            entry_mode,
            oid,
            path,
        } => (
            path,
            entry_of(previous_entry_mode, &previous_oid),
            entry_of(entry_mode, &oid),
        ),
    };
    let file = |entry: &Entry| entry.kind != EntryKind::Tree;
    let change = match (old.filter(file), new.filter(file)) {
        (None, None) => return None,
        (None, Some(new)) => EntryChange::Added(new),
        (Some(old), None) => EntryChange::Deleted(old),
        (Some(old), Some(new)) => EntryChange::Modified(old, new),
    };
    Some((path, change))
}

fn signature(raw: &gix::bstr::BStr, commit: ObjectId) -> Result<Signature, GitError> {
    let parsed = gix::actor::SignatureRef::from_bytes(raw);
    let parsed = parsed.map_err(|error| library(&format!("decode commit {commit}"), error))?;
    let time = parsed.time().unwrap_or_default();
    Ok(Signature {
        name: parsed.name.to_str_lossy().into_owned(),
        email: parsed.email.to_str_lossy().into_owned(),
        seconds: time.seconds,
        offset: time.offset,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, write};

    #[test]
    fn entries_blobs_and_commits_read_back_as_written() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        crate::git::testing::put(&root.join("x.sh"), "#!/bin/sh\n");
        std::os::unix::fs::symlink("x.sh", root.join("link")).unwrap();
        lab.git(&root, &["add", "."]);
        lab.git(&root, &["update-index", "--chmod=+x", "x.sh"]);
        let head = lab.commit(&root, &[("d/e/f", "deep")]);
        assert_eq!(
            repo.entry_at(head, "x.sh").unwrap().unwrap().kind,
            EntryKind::Exec
        );
        assert_eq!(
            repo.entry_at(head, "link").unwrap().unwrap().kind,
            EntryKind::Link
        );
        assert_eq!(
            repo.entry_at(head, "d/e").unwrap().unwrap().kind,
            EntryKind::Tree
        );
        assert_eq!(repo.entry_at(head, "d/e/f/g").unwrap(), None);
        assert_eq!(
            repo.entries(head).unwrap().into_keys().collect::<Vec<_>>(),
            ["d", "link", "x.sh"]
        );
        assert_eq!(repo.blob_at(head, "d/e/f", 10).unwrap().unwrap(), b"deep");
        assert_eq!(repo.blob_at(head, "link", 10).unwrap(), None);
        let error = repo.blob_at(head, "d/e/f", 3).unwrap_err();
        assert!(
            matches!(
                error,
                GitError::TooLarge {
                    size: 4,
                    limit: 3,
                    ..
                }
            ),
            "{error}"
        );
        let commit = repo.commit(head).unwrap();
        assert_eq!(
            (commit.author.name.as_str(), commit.message.as_str()),
            ("Tess", "a commit\n")
        );
        assert!(matches!(
            repo.commit(commit.tree),
            Err(GitError::WrongKind { .. })
        ));
    }

    #[test]
    fn changed_paths_are_those_of_git() {
        let (lab, repo) = Lab::with_repo(&[]);
        let a = write(
            &repo,
            &[],
            &[("k", Some("1")), ("d/x", Some("1")), ("t", Some("1"))],
        );
        let edits = [
            ("k", Some("2")),
            ("d/x", None),
            ("t", None),
            ("t/u", Some("1")),
        ];
        let b = write(&repo, &[a], &edits);
        let changes: Vec<String> = repo
            .changed_paths(a, b)
            .unwrap()
            .into_iter()
            .map(|change| format!("{:?}\t{}", change.kind, change.path))
            .collect();
        let args = ["diff-tree", "-r", "--name-status", "--no-renames"];
        let (from, to) = (a.to_string(), b.to_string());
        let git = lab.git(&lab.path("repo"), &[&args[..], &[&from, &to]].concat());
        let git = git.replace("M\t", "Modified\t").replace("D\t", "Deleted\t");
        let mut git: Vec<String> = git
            .replace("A\t", "Added\t")
            .lines()
            .map(Into::into)
            .collect();
        let mut changes = changes;
        git.sort();
        changes.sort();
        assert_eq!(changes, git);
    }

    #[test]
    fn the_content_key_ignores_governance_alone() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let plain = write(&repo, &[], &[("src/a", Some("1"))]);
        let governed = write(&repo, &[plain], &[("governance/x/y", Some("1"))]);
        let other = write(&repo, &[plain], &[("sub/governance/x", Some("1"))]);
        let key = repo.content_key(plain).unwrap();
        assert_eq!(key, repo.tree_of(plain).unwrap());
        assert_eq!(repo.content_key(governed).unwrap(), key);
        assert_ne!(repo.content_key(other).unwrap(), key);
    }

    #[test]
    fn a_tree_of_billions_of_files_ends_the_comparison() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let first = lab.commit(&root, &[("a", "1")]);
        let mut writer = repo.writer();
        let blob = writer.blob(b"x").unwrap();
        let mut entry = format!("100644 blob {blob}");
        for _ in 0..8 {
            let list: String = (0..12).map(|n| format!("{entry}\t{n}\n")).collect();
            let spawn = lab.runner.git(&root, ["mktree"]).stdin(list);
            let made = lab.runner.run(&spawn).unwrap().stdout.text();
            entry = format!("040000 tree {}", made.trim());
        }
        let bomb = entry.split(' ').next_back().unwrap().parse().unwrap();
        let refused = repo.changed_paths(first, bomb).unwrap_err().to_string();
        assert!(refused.contains("paths differ"), "{refused}");
    }
}
