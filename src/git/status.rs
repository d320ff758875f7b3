use std::path::Path;

use super::{GitError, Repo};

/// An operation that someone began in a worktree and did not finish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `git rebase`.
    Rebase,
    /// `git merge`.
    Merge,
    /// `git cherry-pick`.
    CherryPick,
    /// `git revert`.
    Revert,
    /// `git bisect`.
    Bisect,
    /// `git am`.
    Mailbox,
}

impl std::fmt::Display for Operation {
    /// git's word for it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rebase => "rebase",
            Self::Merge => "merge",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Bisect => "bisect",
            Self::Mailbox => "`git am`",
        })
    }
}

/// What a worktree holds beyond its commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Tracked paths that differ from `HEAD`, staged or not, relative to the root of the worktree.
    pub dirty: Vec<String>,
    /// Files that are neither tracked nor ignored.
    pub untracked: Vec<String>,
    /// An operation in progress.
    pub operation: Option<Operation>,
}

impl Status {
    /// Whether every tracked file is as in `HEAD` and nothing is in progress. Untracked files do not
    /// count: git never overwrites one.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.dirty.is_empty() && self.operation.is_none()
    }
}

impl Repo {
    /// What the worktree at `work_dir` holds beyond its commit; by `git status`, without its
    /// optional locks. Content filters of the person's configuration run.
    ///
    /// # Errors
    /// [`GitError::NoRepository`] when `work_dir` is no worktree; [`GitError::Git`].
    pub fn status(&self, work_dir: &Path) -> Result<Status, GitError> {
        let here = Self::open(work_dir, &self.runner)?;
        let args = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=all",
            "--no-renames",
        ];
        let spawn = self.git_in(work_dir, &args).arg("--ignore-submodules=none");
        let bytes = self.succeed(&spawn, "status")?;
        let mut status = Status {
            operation: here.operation(),
            ..Status::default()
        };
        for record in bytes
            .split(|byte| *byte == 0)
            .filter(|record| record.len() > 3)
        {
            let path = String::from_utf8_lossy(&record[3..]).into_owned();
            if record.starts_with(b"??") {
                status.untracked.push(path);
            } else {
                status.dirty.push(path);
            }
        }
        Ok(status)
    }

    /// The operation in progress in this worktree.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        use gix::state::InProgress;
        Some(match self.inner.state()? {
            InProgress::Rebase | InProgress::RebaseInteractive => Operation::Rebase,
            InProgress::Merge => Operation::Merge,
            InProgress::CherryPick | InProgress::CherryPickSequence => Operation::CherryPick,
            InProgress::Revert | InProgress::RevertSequence => Operation::Revert,
            InProgress::Bisect => Operation::Bisect,
            InProgress::ApplyMailbox | InProgress::ApplyMailboxRebase => Operation::Mailbox,
        })
    }
}
