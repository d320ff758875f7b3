use std::fmt;
use std::io;
use std::path::PathBuf;

use super::binding::{Binding, BindingError};
use crate::domain::id::{BadName, BranchName, ObjectId};
use crate::git::{GitError, Operation};

/// Something that would be lost, or that someone is in the middle of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A task is in progress here.
    InProgress,
    /// A tracked file differs from the commit.
    Dirty(String),
    /// A file that is neither tracked nor ignored.
    Untracked(String),
    /// A commit that neither the target nor a work ref reaches.
    Commit {
        /// The commit.
        id: ObjectId,
        /// The first line of its message.
        subject: String,
    },
    /// An operation that was begun and not finished.
    Operation(Operation),
    /// The worktree is locked, for this reason.
    Locked(String),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InProgress => f.write_str("a task in progress"),
            Self::Dirty(path) => write!(f, "changed `{}`", path.escape_debug()),
            Self::Untracked(path) => write!(f, "untracked `{}`", path.escape_debug()),
            Self::Commit { id, subject } => {
                write!(f, "commit {} ({})", id.short(), subject.escape_debug())
            }
            Self::Operation(operation) => write!(f, "a {} in progress", operation),
            Self::Locked(reason) if reason.is_empty() => f.write_str("a lock"),
            Self::Locked(reason) => write!(f, "a lock ({})", reason.escape_debug()),
        }
    }
}

/// Why a checkout was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Something that is not this lane's worktree stands at its path (P3).
    #[error("{} is taken by {what}", .path.display())]
    Occupied {
        /// The path.
        path: PathBuf,
        /// What is there.
        what: String,
    },
    /// A lane of another clone on this machine stands at its path (P3).
    #[error(
        "{} is lane {} of another clone, {}, bound to the claim of `{}` by {}",
        .path.display(), .bound.lane, .clone.display(), .bound.task, .bound.agent
    )]
    OtherClone {
        /// The path.
        path: PathBuf,
        /// The other clone.
        clone: PathBuf,
        /// Its lane, and the claim it was made for last.
        bound: Box<Binding>,
    },
    /// The lane's branch is checked out in another worktree (P3).
    #[error("branch `{branch}` is checked out at {}", .path.display())]
    BranchElsewhere {
        /// The branch.
        branch: BranchName,
        /// The worktree that holds it.
        path: PathBuf,
    },
    /// Commits, files or an operation stand in the way.
    #[error("{} holds {}", .path.display(), told(.obstacles))]
    Unsafe {
        /// The worktree, or the branch's place if it has none yet.
        path: PathBuf,
        /// All that was found.
        obstacles: Vec<Obstacle>,
    },
    /// The branch holds commits that would be lost.
    #[error("branch `{branch}` holds {}", told(.obstacles))]
    BranchAhead {
        /// The branch.
        branch: BranchName,
        /// The commits, newest first.
        obstacles: Vec<Obstacle>,
    },
    /// Files that are not tracked stand where tracked ones would be written.
    #[error("{} has files in the way: {}", .path.display(), .files.join(", "))]
    InTheWay {
        /// The worktree.
        path: PathBuf,
        /// The files, relative to it.
        files: Vec<String>,
    },
    /// Another process works on this lane or worktree, or died amid it.
    #[error("{} is being set up by another process", .path.display())]
    Busy {
        /// The worktree or lock file.
        path: PathBuf,
    },
    /// The path is no lane's worktree that could be removed.
    #[error("{} is no linked worktree of this repository", .path.display())]
    NoWorktree {
        /// The path.
        path: PathBuf,
    },
    /// The policy's templates give a path that leaves the worktree root.
    #[error("`{}` is not a directory name for a worktree", .name.escape_debug())]
    BadPlace {
        /// The name or root, as the template gave it.
        name: String,
    },
    /// The policy's branch template gives no branch.
    #[error(transparent)]
    BadBranch(#[from] BadName),
    /// A binding cannot be read or written.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file could not be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl WorkspaceError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        |source| Self::Io { path, source }
    }
}

fn told(obstacles: &[Obstacle]) -> String {
    let words: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    words.join(", ")
}
