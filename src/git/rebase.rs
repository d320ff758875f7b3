use std::path::Path;

use super::repo::failure;
use super::{GitError, Operation, Repo, output};
use crate::domain::id::ObjectId;

/// What came of a rebase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebase {
    /// The branch stands on the new base, at this commit.
    Done(ObjectId),
    /// A commit does not fit; branch and files are as they were.
    Conflict {
        /// The paths in conflict, sorted.
        paths: Vec<String>,
    },
}

impl Repo {
    /// Another worktree of the repository, by its root.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn beside(&self, work_dir: &Path) -> Result<Self, GitError> {
        let mut beside = Self::open(work_dir, &self.runner)?;
        beside.watch.clone_from(&self.watch);
        Ok(beside)
    }

    /// Rebases the branch checked out in `work_dir` on `onto`. Hooks and editors are off, nothing is
    /// stashed, merges are flattened; a conflict is taken back.
    ///
    /// # Errors
    /// [`GitError::NotClean`] before anything happens; [`GitError::Git`] with git's reason, such as
    /// an untracked file in the way.
    pub fn rebase_in(&self, work_dir: &Path, onto: ObjectId) -> Result<Rebase, GitError> {
        let status = self.status(work_dir)?;
        if !status.is_clean() {
            return Err(GitError::NotClean {
                dir: work_dir.to_owned(),
                paths: status.dirty,
            });
        }
        self.clear_worktree(work_dir)?;
        let onto = onto.to_string();
        let args = [
            "-c",
            "rebase.rebaseMerges=false",
            "-c",
            "rebase.updateRefs=false",
            "rebase",
            "--quiet",
            "--no-autostash",
            "--no-fork-point",
            &onto,
        ];
        let spawn = self
            .named(self.git_in(work_dir, &args))
            .env("GIT_EDITOR", "true")
            .env("GIT_SEQUENCE_EDITOR", "true");
        let finished = self.finish(&spawn, "rebase");
        let here = Self::open(work_dir, &self.runner)?;
        if finished.as_ref().is_ok_and(|finished| finished.success()) {
            let tip = here.head_commit()?;
            return tip.map(Rebase::Done).ok_or(GitError::Moved {
                name: "HEAD".to_owned(),
            });
        }
        let paths = self.unmerged(work_dir)?;
        if here.operation() == Some(Operation::Rebase) {
            let abort = self.named(self.git_in(work_dir, &["rebase", "--abort"]));
            self.succeed(&abort, "rebase --abort")?;
        }
        let finished = finished?;
        if paths.is_empty() {
            return Err(failure(&finished, "rebase"));
        }
        Ok(Rebase::Conflict { paths })
    }

    /// Ends a rebase in progress where it stands: no file, index or ref is touched, only the plan
    /// for its remaining commits goes, and its branch is free.
    ///
    /// # Errors
    /// [`GitError::Git`], also when there is none.
    pub fn rebase_quit(&self, work_dir: &Path) -> Result<(), GitError> {
        self.succeed(
            &self.git_in(work_dir, &["rebase", "--quit"]),
            "rebase --quit",
        )
        .map(drop)
    }

    fn unmerged(&self, work_dir: &Path) -> Result<Vec<String>, GitError> {
        let args = ["diff", "--name-only", "--diff-filter=U", "-z"];
        let bytes = self.succeed(&self.git_in(work_dir, &args), "diff")?;
        let mut paths: Vec<String> = output::paths(&bytes).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }
}
