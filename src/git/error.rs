use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::stale::LockFile;
use crate::domain::id::ObjectId;
use crate::process::ProcessError;

/// Why git could not answer. A lost compare-and-swap, a conflict or a refused push is no error but
/// an outcome.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// Neither the directory nor a parent is a git repository.
    #[error("no git repository in {} or above", .dir.display())]
    NoRepository {
        /// Where the search began.
        dir: PathBuf,
    },
    /// Someone else owns the repository and `safe.directory` does not list it.
    #[error("{} belongs to someone else and `safe.directory` does not name it", .path.display())]
    Untrusted {
        /// The repository.
        path: PathBuf,
    },
    /// Git's directory stands apart from the files (`--separate-git-dir`), and its configuration
    /// does not say where those are: nobody who comes from a linked worktree finds them.
    #[error("{} does not say where the files of this repository are checked out", .git_dir.display())]
    CheckoutUnknown {
        /// Git's directory.
        git_dir: PathBuf,
        /// The files, when seen from there.
        work_dir: Option<PathBuf>,
    },
    /// The repository is there but cannot be opened.
    #[error("cannot open the repository at {}: {why}", .path.display())]
    Open {
        /// The repository.
        path: PathBuf,
        /// What stands in the way.
        why: String,
    },
    /// An object is not in this repository.
    #[error("object {id} is missing{}", .part.as_ref().map_or_else(String::new, |part| format!(": {part}")))]
    MissingObject {
        /// The object.
        id: ObjectId,
        /// Why it may be missing: the clone was made of a part only.
        part: Option<Part>,
    },
    /// An object is not of the kind that was asked for.
    #[error("object {id} is not a {wanted}")]
    WrongKind {
        /// The object.
        id: ObjectId,
        /// The kind that was asked for.
        wanted: &'static str,
    },
    /// A blob is larger than the caller allows, or a commit than any may be.
    #[error("object {id} has {size} bytes, more than {limit}")]
    TooLarge {
        /// The object.
        id: ObjectId,
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Git printed more than is read: what is left would be taken for all of it.
    #[error("`git {command}` printed {bytes} bytes, more than are read")]
    Flood {
        /// The subcommand.
        command: String,
        /// How many bytes it printed.
        bytes: u64,
    },
    /// A commit that must be signed cannot be.
    #[error("cannot sign: {why}")]
    CannotSign {
        /// What stands in the way.
        why: String,
    },
    /// A ref name that git or this facade does not accept.
    #[error("`{}` is not a full ref name", .name.escape_debug())]
    BadRefName {
        /// The name, as given.
        name: String,
    },
    /// A ref points at another ref; we neither read nor move such a one.
    #[error("`{name}` is a symbolic ref")]
    SymbolicRef {
        /// The ref.
        name: String,
    },
    /// A new ref would lie beneath an existing one, or the other way round.
    #[error("`{name}` cannot stand beside `{other}`")]
    RefInTheWay {
        /// The ref that was to be made.
        name: String,
        /// The ref that exists.
        other: String,
    },
    /// A lock file did not go away in time.
    #[error("{}", locked(.path, .lock.as_deref()))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// What is known of its holder, where that was looked for.
        lock: Option<Box<LockFile>>,
    },
    /// A path that cannot stand in a tree.
    #[error("`{}` is not a path inside a tree", .path.escape_debug())]
    BadPath {
        /// The path, as given.
        path: String,
    },
    /// A name, email or message that cannot stand in a commit.
    #[error("a commit cannot be written: {why}")]
    BadCommit {
        /// What is wrong with it.
        why: String,
    },
    /// A range of commits that must be linear holds a merge.
    #[error("{commit} is a merge commit")]
    MergeCommit {
        /// The merge.
        commit: ObjectId,
    },
    /// A range whose end does not descend from its start.
    #[error("{tip} does not descend from {base}")]
    NotDescendant {
        /// The start of the range.
        base: ObjectId,
        /// Its end.
        tip: ObjectId,
    },
    /// A worktree whose files would be lost.
    #[error("{} has changes: {}", .dir.display(), .paths.join(", "))]
    NotClean {
        /// The worktree.
        dir: PathBuf,
        /// What changed, relative to the worktree.
        paths: Vec<String>,
    },
    /// The branch moved while its worktree was being switched.
    #[error("`{name}` moved meanwhile")]
    Moved {
        /// The ref.
        name: String,
    },
    /// The git program refused.
    #[error("`git {command}` failed ({exit}): {stderr}")]
    Git {
        /// The subcommand.
        command: String,
        /// How it ended.
        exit: String,
        /// The end of what it said.
        stderr: String,
    },
    /// The git program did not end in time.
    #[error("`git {command}` did not end within {} seconds", .limit.as_secs())]
    TimedOut {
        /// The subcommand.
        command: String,
        /// The limit.
        limit: Duration,
    },
    /// The git program could not be run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A file of the repository could not be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The git library failed in a way that has no name of its own.
    #[error("cannot {doing}: {why}")]
    Library {
        /// What was tried.
        doing: String,
        /// The library's reasons, outermost first.
        why: String,
    },
}

/// Why a clone lacks objects that nobody has damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is a {kind} clone; `{whole}` brings the rest")]
pub struct Part {
    /// `shallow` or `partial`.
    pub kind: &'static str,
    /// The command that brings what is missing, and keeps later fetches whole.
    pub whole: String,
}

/// What is known of a lock file that stands in the way.
pub(super) fn locked(path: &Path, lock: Option<&LockFile>) -> String {
    match lock {
        Some(lock) => lock.to_string(),
        None => {
            let path = path.display();
            format!("{path} is held by another process, or was left by one that died")
        }
    }
}

impl GitError {
    /// An error of the git library, its causes on one line.
    pub(super) fn library(doing: impl Into<String>, error: &gix::Error) -> Self {
        let why: Vec<String> = error.iter_errors().map(ToString::to_string).collect();
        Self::Library {
            doing: doing.into(),
            why: why.join(": "),
        }
    }

    /// An error of the file system.
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}
