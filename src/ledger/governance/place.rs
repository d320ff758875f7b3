use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::domain::id::ObjectId;
use crate::git::{Entry, EntryKind, GitError, Repo, Staged, spelled};
use crate::ledger::read::{ILLEGIBLE, NO_DIRECTORY};
use crate::ledger::yaml::Limits;

/// Where governance files are read from.
#[derive(Debug, Clone)]
pub enum Place {
    /// The files of a worktree.
    WorkTree {
        /// Its root.
        root: PathBuf,
        /// What it leaves out of the index, as a sparse checkout does: read there, where no file
        /// stands in its place.
        left_out: BTreeMap<String, Staged>,
    },
    /// What is staged, by path.
    Index(BTreeMap<String, Staged>),
    /// The tree of this commit.
    Commit(ObjectId),
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Absent,
    /// A plain file.
    Bytes(Vec<u8>),
    /// Something that is not looked at, and that a person may believe to be.
    Unread {
        /// The fact.
        message: String,
    },
    /// Something that is not read.
    Refused {
        /// The rule it breaks.
        rule: &'static str,
        /// The fact.
        message: String,
    },
}

impl Content {
    fn link() -> Self {
        Self::refused("file-kind", "a governance file must not be a symbolic link")
    }

    fn not_plain() -> Self {
        Self::refused("file-kind", "a governance file must be a plain file")
    }

    fn no_directory() -> Self {
        Self::refused("file-kind", NO_DIRECTORY)
    }

    fn conflict() -> Self {
        Self::refused("file-conflict", "the file has an unresolved conflict")
    }

    /// A file whose name is no text.
    pub(super) fn illegible() -> Self {
        Self::refused("file-name", ILLEGIBLE)
    }

    fn refused(rule: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Refused { rule, message }
    }

    fn too_large(size: u64, limits: Limits) -> Self {
        let message = format!("the file has {size} bytes, more than {}", limits.bytes);
        Self::refused("file-size", message)
    }
}

impl Place {
    /// The commit whose files these are, if it is one.
    #[must_use]
    pub fn commit(&self) -> Option<ObjectId> {
        match self {
            Self::Commit(commit) => Some(*commit),
            Self::WorkTree { .. } | Self::Index(_) => None,
        }
    }

    /// The file at a path from the root.
    ///
    /// # Errors
    /// Of git.
    pub fn read(&self, repo: &Repo, path: &str, limits: Limits) -> Result<Content, GitError> {
        match self {
            Self::WorkTree { root, left_out } => match file_below(root, path, limits) {
                Content::Absent => in_index(repo, left_out, path, limits),
                content => Ok(content),
            },
            Self::Index(staged) => in_index(repo, staged, path, limits),
            Self::Commit(commit) => in_tree(repo, *commit, path, limits),
        }
    }

    /// The entries of a directory from the root, by name. A tree is walked once, however many there
    /// are.
    ///
    /// # Errors
    /// Of git.
    pub fn files(
        &self,
        repo: &Repo,
        dir: &str,
        limits: Limits,
    ) -> Result<Vec<(String, Content)>, GitError> {
        if let Self::Commit(commit) = self {
            let entries = match repo.entry_at(*commit, dir)? {
                Some(entry) if entry.kind == EntryKind::Tree => repo.entries(entry.id)?,
                _ => BTreeMap::new(),
            };
            let entries = entries.into_iter();
            return entries
                .map(|(name, entry)| Ok((name, blob(repo, entry, limits)?)))
                .collect();
        }
        let names = self.names(repo, dir)?.legible.into_iter();
        names
            .map(|name| {
                let content = self.read(repo, &format!("{dir}/{name}"), limits)?;
                Ok((name, content))
            })
            .collect()
    }

    /// The names in a directory from the root; none where nothing is.
    ///
    /// # Errors
    /// Of git.
    pub fn names(&self, repo: &Repo, dir: &str) -> Result<Names, GitError> {
        match self {
            Self::WorkTree { root, left_out } => {
                let mut names = names_below(root, dir);
                if names.refused.is_none() {
                    names.extend(names_in(left_out, dir));
                }
                Ok(names)
            }
            Self::Index(staged) => Ok(names_in(staged, dir)),
            Self::Commit(commit) => Ok(match repo.entry_at(*commit, dir)? {
                Some(entry) if entry.kind == EntryKind::Tree => {
                    let found = repo.directory(entry.id)?;
                    Names {
                        legible: found.entries.into_keys().collect(),
                        illegible: found.illegible,
                        refused: None,
                    }
                }
                Some(_) => Names::refused(Content::no_directory()),
                None => Names::default(),
            }),
        }
    }
}

/// The names in a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Those that are text.
    pub legible: BTreeSet<String>,
    /// The others, as they are shown.
    pub illegible: BTreeSet<String>,
    /// Why it is not read: something else stands in its place, or it cannot be opened.
    pub refused: Option<Content>,
}

impl Names {
    fn refused(content: Content) -> Self {
        Self {
            refused: Some(content),
            ..Self::default()
        }
    }

    fn extend(&mut self, other: Self) {
        self.legible.extend(other.legible);
        self.illegible.extend(other.illegible);
        self.refused = self.refused.take().or(other.refused);
    }
}

fn in_index(
    repo: &Repo,
    staged: &BTreeMap<String, Staged>,
    path: &str,
    limits: Limits,
) -> Result<Content, GitError> {
    match staged.get(path) {
        Some(Staged::Entry(entry)) => blob(repo, *entry, limits),
        Some(Staged::Conflict) => Ok(Content::conflict()),
        // A file of this very name cannot be told from it here.
        Some(Staged::Illegible) => Ok(Content::illegible()),
        None if is_above(staged, path) => Ok(Content::not_plain()),
        None => Ok(match parent_in(staged, path) {
            Some(Staged::Entry(_)) => Content::link(),
            _ => Content::Absent,
        }),
    }
}

/// Whether a path of the index lies below this one: the index names no directories.
fn is_above(staged: &BTreeMap<String, Staged>, path: &str) -> bool {
    let start = format!("{path}/");
    let next = staged.range(start.clone()..).next();
    next.is_some_and(|(next, _)| next.starts_with(&start))
}

fn names_in(staged: &BTreeMap<String, Staged>, dir: &str) -> Names {
    match staged.get(dir) {
        Some(Staged::Conflict) => return Names::refused(Content::conflict()),
        Some(_) => return Names::refused(Content::no_directory()),
        None => {}
    }
    let start = format!("{dir}/");
    let mut names = Names::default();
    for (path, found) in staged {
        let Some(rest) = path.strip_prefix(&start) else {
            continue;
        };
        let name = rest.split('/').next().unwrap_or(rest).to_owned();
        match found {
            Staged::Illegible => names.illegible.insert(name),
            Staged::Entry(_) | Staged::Conflict => names.legible.insert(name),
        };
    }
    names
}

/// A file that stands where a directory on the way to `path` should.
fn parent_in(staged: &BTreeMap<String, Staged>, path: &str) -> Option<Staged> {
    let slashes = path.match_indices('/');
    let mut parents = slashes.map(|(at, _)| &path[..at]);
    parents.find_map(|parent| staged.get(parent).copied())
}

fn in_tree(repo: &Repo, commit: ObjectId, path: &str, limits: Limits) -> Result<Content, GitError> {
    if let Some(entry) = repo.entry_at(commit, path)? {
        return blob(repo, entry, limits);
    }
    for (at, _) in path.match_indices('/') {
        match repo.entry_at(commit, &path[..at])? {
            Some(parent) if parent.kind != EntryKind::Tree => {
                return Ok(not_a_directory(&path[..at]));
            }
            Some(_) => {}
            None => break,
        }
    }
    Ok(Content::Absent)
}

/// The content of an entry of a tree or of the index.
pub(super) fn blob(repo: &Repo, entry: Entry, limits: Limits) -> Result<Content, GitError> {
    match entry.kind {
        EntryKind::Blob | EntryKind::Exec => {}
        EntryKind::Link => return Ok(Content::link()),
        EntryKind::Tree | EntryKind::Submodule => return Ok(Content::not_plain()),
    }
    match repo.blob(entry.id, limits.bytes as u64) {
        Ok(bytes) => Ok(Content::Bytes(bytes)),
        Err(GitError::TooLarge { size, .. }) => Ok(Content::too_large(size, limits)),
        Err(error) => Err(error),
    }
}

fn not_a_directory(path: &str) -> Content {
    Content::refused(
        "file-kind",
        format!("`{path}` on the way to it is a link or a file, not a directory"),
    )
}

/// A file of a working tree. No link is followed on the way, and nothing but a plain file is
/// opened (PROMISES P21).
fn file_below(root: &Path, path: &str, limits: Limits) -> Content {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    let dir = match directory_below(root, dir) {
        Ok(dir) => dir,
        Err(content) => return content,
    };
    let kind = match rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => FileType::from_raw_mode(found.st_mode),
        Err(Errno::NOENT) => return Content::Absent,
        Err(error) => return unreadable(error),
    };
    match kind {
        FileType::RegularFile => {}
        FileType::Symlink => return Content::link(),
        _ => return Content::not_plain(),
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(&dir, name, flags, Mode::empty()) {
        Ok(file) => read_up_to(File::from(file), limits),
        Err(error) => unreadable(error),
    }
}

/// A file that a person named; links on the way are theirs.
pub(super) fn named_file(path: &Path, limits: Limits) -> Content {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => return Content::not_plain(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Content::Absent,
        Err(error) => return unreadable(error),
        Ok(_) => {}
    }
    match File::open(path) {
        Ok(file) => read_up_to(file, limits),
        Err(error) => unreadable(error),
    }
}

fn read_up_to(file: File, limits: Limits) -> Content {
    let size = match file.metadata() {
        Ok(found) if !found.is_file() => return Content::not_plain(),
        Ok(found) => found.len(),
        Err(error) => return unreadable(error),
    };
    if size > limits.bytes as u64 {
        return Content::too_large(size, limits);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    match file.take(limits.bytes as u64 + 1).read_to_end(&mut bytes) {
        // It grew meanwhile.
        Ok(read) if read > limits.bytes => Content::too_large(read as u64, limits),
        Ok(_) => Content::Bytes(bytes),
        Err(error) => unreadable(error),
    }
}

fn unreadable(error: impl Into<std::io::Error>) -> Content {
    let error: std::io::Error = error.into();
    Content::refused(
        "file-unreadable",
        format!("the file cannot be read: {error}"),
    )
}

/// The directory at `path` below `root`, each step opened without following a link.
fn directory_below(root: &Path, path: &str) -> Result<OwnedFd, Content> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = rustix::fs::open(root, flags, Mode::empty());
    let mut dir = root.map_err(unreadable)?;
    let mut walked = String::new();
    for step in path.split('/').filter(|step| !step.is_empty()) {
        walked.push_str(step);
        let next = rustix::fs::openat(dir.as_fd(), step, flags | OFlags::NOFOLLOW, Mode::empty());
        dir = match next {
            Ok(next) => next,
            Err(Errno::NOENT) => return Err(Content::Absent),
            Err(Errno::NOTDIR | Errno::LOOP) => return Err(not_a_directory(&walked)),
            Err(error) => return Err(unreadable(error)),
        };
        walked.push('/');
    }
    Ok(dir)
}

fn names_below(root: &Path, path: &str) -> Names {
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    // What is wrong above it is told of the files that are owed there.
    let Ok(parent) = directory_below(root, parent) else {
        return Names::default();
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = match rustix::fs::openat(&parent, name, flags, Mode::empty()) {
        Ok(dir) => dir,
        Err(Errno::NOENT) => return Names::default(),
        Err(Errno::NOTDIR | Errno::LOOP) => return Names::refused(Content::no_directory()),
        Err(error) => return Names::refused(unreadable(error)),
    };
    let entries = match rustix::fs::Dir::read_from(&dir) {
        Ok(entries) => entries,
        Err(error) => return Names::refused(unreadable(error)),
    };
    let mut names = Names::default();
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Names::refused(unreadable(error)),
        };
        match spelled(entry.file_name().to_bytes()) {
            Cow::Borrowed("." | "..") => {}
            Cow::Borrowed(name) => drop(names.legible.insert(name.to_owned())),
            Cow::Owned(shown) => drop(names.illegible.insert(shown)),
        }
    }
    names
}
