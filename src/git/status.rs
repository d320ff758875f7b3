use std::path::Path;

use super::{GitError, Repo, output};
use crate::process::Spawn;

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

const STATUS: [&str; 5] = [
    "status",
    "--porcelain=v1",
    "-z",
    "--untracked-files=all",
    "--no-renames",
];

/// Whether configuration comes from the repository and not from the person or the system.
fn is_own(source: gix::config::Source) -> bool {
    use gix::config::Source;
    matches!(source, Source::Local | Source::Worktree)
}

impl Repo {
    /// What the worktree at `work_dir` holds beyond its commit; by `git status`, without its
    /// optional locks. Content filters of the person's configuration run.
    ///
    /// # Errors
    /// [`GitError::NoRepository`] when `work_dir` is no worktree; [`GitError::Git`].
    pub fn status(&self, work_dir: &Path) -> Result<Status, GitError> {
        let here = Self::open(work_dir, &self.runner)?;
        let spawn = self
            .git_in(work_dir, &STATUS)
            .arg("--ignore-submodules=none");
        here.status_by(&spawn)
    }

    /// As [`status`](Self::status), for whoever only looks (PROMISES P22): content filters that the
    /// repository's own configuration names do not run, and submodules are not entered. A file that
    /// such a filter would show to be unchanged may be told as dirty.
    ///
    /// # Errors
    /// As [`status`](Self::status).
    pub fn glance(&self, work_dir: &Path) -> Result<Status, GitError> {
        let here = Self::open(work_dir, &self.runner)?;
        let spawn = self
            .git_in(work_dir, &STATUS)
            .arg("--ignore-submodules=dirty");
        here.status_by(&here.without_own_filters(spawn))
    }

    /// The command with the filter drivers of the repository's own configuration switched off; those
    /// of the person's and the system's stay.
    fn without_own_filters(&self, spawn: Spawn) -> Spawn {
        let config = self.inner.config_snapshot();
        let sections = config.plumbing().sections_by_name("filter");
        let mut names: Vec<String> = sections
            .into_iter()
            .flatten()
            .filter(|section| is_own(section.meta().source))
            .filter_map(|section| Some(section.header().subsection_name()?.to_string()))
            .collect();
        names.sort();
        names.dedup();
        let off = ["clean", "smudge", "process", "required"];
        let keys = names
            .iter()
            .flat_map(|name| off.map(|key| format!("filter.{name}.{key}")));
        let mut count = 0;
        let spawn = keys.fold(spawn, |spawn, key| {
            let value = if key.ends_with(".required") {
                "false"
            } else {
                ""
            };
            let spawn = spawn
                .env(format!("GIT_CONFIG_KEY_{count}"), key)
                .env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
            spawn
        });
        spawn.env("GIT_CONFIG_COUNT", count.to_string())
    }

    fn status_by(&self, spawn: &Spawn) -> Result<Status, GitError> {
        let bytes = self.succeed(spawn, "status")?;
        let (dirty, untracked) = output::status(&bytes);
        Ok(Status {
            dirty,
            untracked,
            operation: self.operation(),
        })
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
