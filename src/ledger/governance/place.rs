use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::domain::id::ObjectId;
use crate::git::{Entry, EntryKind, GitError, Repo, Staged};
use crate::ledger::yaml::Limits;

/// Where governance files are read from.
#[derive(Debug, Clone)]
pub enum Place {
    /// The files below this directory, the root of a worktree.
    WorkTree(PathBuf),
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
            Self::WorkTree(_) | Self::Index(_) => None,
        }
    }

    /// The file at a path from the root.
    ///
    /// # Errors
    /// Of git.
    pub fn read(&self, repo: &Repo, path: &str, limits: Limits) -> Result<Content, GitError> {
        match self {
            Self::WorkTree(root) => Ok(file_below(root, path, limits)),
            Self::Index(staged) => match staged.get(path) {
                Some(Staged::Entry(entry)) => blob(repo, *entry, limits),
                Some(Staged::Conflict) => {
                    let message = "the file has an unresolved conflict";
                    Ok(Content::refused("file-conflict", message))
                }
                None => Ok(match parent_in(staged, path) {
                    Some(Staged::Entry(_)) => Content::link(),
                    _ => Content::Absent,
                }),
            },
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
        let names = self.names(repo, dir)?.into_iter();
        names
            .map(|name| {
                let content = self.read(repo, &format!("{dir}/{name}"), limits)?;
                Ok((name, content))
            })
            .collect()
    }

    /// The names in a directory from the root, sorted; none where there is no directory.
    ///
    /// # Errors
    /// Of git.
    pub fn names(&self, repo: &Repo, dir: &str) -> Result<Vec<String>, GitError> {
        match self {
            Self::WorkTree(root) => Ok(names_below(root, dir)),
            Self::Index(staged) => {
                let start = format!("{dir}/");
                let below = staged.keys().filter_map(|path| path.strip_prefix(&start));
                let mut names: Vec<String> = below
                    .map(|rest| rest.split('/').next().unwrap_or(rest).to_owned())
                    .collect();
                names.dedup();
                Ok(names)
            }
            Self::Commit(commit) => match repo.entry_at(*commit, dir)? {
                Some(entry) if entry.kind == EntryKind::Tree => {
                    Ok(repo.entries(entry.id)?.into_keys().collect())
                }
                _ => Ok(Vec::new()),
            },
        }
    }
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

fn names_below(root: &Path, path: &str) -> Vec<String> {
    let Ok(dir) = directory_below(root, path) else {
        return Vec::new();
    };
    let Ok(entries) = rustix::fs::Dir::read_from(&dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name != "." && name != "..")
        .collect();
    names.sort();
    names
}
