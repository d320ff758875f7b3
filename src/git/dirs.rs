//! Where the git directories of a checkout are, by its files alone: whatever it is, and whoever made
//! it, nothing of it is opened as a repository, run, or waited for.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::repo::lexical;
use crate::process::given_file;

/// Longest file that names a directory, in bytes: a path has at most 4096.
const MAX: usize = 8192;

/// The git directories of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    /// Its own: `HEAD`, index and private files.
    pub git_dir: PathBuf,
    /// The one that it shares with the other worktrees of its repository.
    pub common_dir: PathBuf,
}

impl Dirs {
    /// Those of the checkout at `work_dir`, of any repository; `None` where git would find none.
    #[must_use]
    pub fn at(work_dir: &Path) -> Option<Self> {
        let git_dir = lexical(&git_dir_at(work_dir)?);
        if !fs::metadata(git_dir.join("HEAD")).is_ok_and(|data| data.is_file()) {
            return None;
        }
        let shared = git_dir.join("commondir");
        let common_dir = match fs::symlink_metadata(&shared) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => git_dir.clone(),
            _ => lexical(&git_dir.join(named_in(&shared, b"")?)),
        };
        Some(Self {
            git_dir,
            common_dir,
        })
    }
}

/// The git directory that `work_dir/.git` is or names, whether or not it is there.
pub(super) fn git_dir_at(work_dir: &Path) -> Option<PathBuf> {
    let dot = work_dir.join(".git");
    if dot.is_dir() {
        return Some(dot);
    }
    Some(work_dir.join(named_in(&dot, b"gitdir: ")?))
}

/// The path that a file of git's holds after `key`. A pipe, a device or a large file holds none.
pub(super) fn named_in(file: &Path, key: &[u8]) -> Option<PathBuf> {
    let mut bytes = Vec::new();
    let read = given_file(file).and_then(|file| {
        let mut most = file.take(MAX as u64 + 1);
        most.read_to_end(&mut bytes)
    });
    let text = bytes.trim_ascii_end().strip_prefix(key)?;
    let held = read.is_ok_and(|length| length <= MAX) && !text.is_empty();
    held.then(|| PathBuf::from(OsStr::from_bytes(text)))
}
