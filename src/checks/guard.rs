use std::path::{Path, PathBuf};

use crate::domain::id::ObjectId;
use crate::git::{GitError, Repo, Status};

/// Makes sure that checks ran on one commit and nothing else: what they say is evidence for its
/// content alone (P36, X20, PROMISES P26).
#[derive(Debug)]
#[must_use = "checks count only after `finish`"]
pub struct Guard {
    repo: Repo,
    work_dir: PathBuf,
    commit: ObjectId,
}

/// Why checks would not count, or do not.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The tree holds more than its commit. Nothing ran.
    #[error("{} holds more than its commit: {}", .dir.display(), told(.status))]
    Unclean {
        /// The worktree.
        dir: PathBuf,
        /// What it holds.
        status: Status,
    },
    /// The tree changed while the checks ran: what they said is void.
    #[error("{} changed while the checks ran: {}", .dir.display(), told(.status))]
    Changed {
        /// The worktree.
        dir: PathBuf,
        /// What it holds.
        status: Status,
    },
    /// Another commit was checked out while the checks ran: what they said is void.
    #[error("{} went from {before} to another commit while the checks ran", .dir.display())]
    Moved {
        /// The worktree.
        dir: PathBuf,
        /// The commit they began on.
        before: ObjectId,
        /// The commit that is there now.
        after: Option<ObjectId>,
    },
    /// There is no commit to check.
    #[error("{} shows no commit", .dir.display())]
    NoCommit {
        /// The worktree.
        dir: PathBuf,
    },
    /// git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
}

impl Guard {
    /// Looks at the worktree before checks run in it: tracked files as in the commit, nothing
    /// untracked but what is ignored, nothing in progress.
    ///
    /// # Errors
    /// [`GuardError::Unclean`] with all that is there; [`GuardError::NoCommit`].
    pub fn begin(repo: &Repo, work_dir: &Path) -> Result<Self, GuardError> {
        let dir = work_dir.to_owned();
        let status = repo.status(work_dir)?;
        if !is_bare_commit(&status) {
            return Err(GuardError::Unclean { dir, status });
        }
        let commit = repo.beside(work_dir)?.head_commit()?;
        match commit {
            Some(commit) => Ok(Self {
                repo: repo.clone(),
                work_dir: dir,
                commit,
            }),
            None => Err(GuardError::NoCommit { dir }),
        }
    }

    /// The commit that the checks run on.
    #[must_use]
    pub fn commit(&self) -> ObjectId {
        self.commit
    }

    /// Looks again after the checks; the commit they are evidence for.
    ///
    /// # Errors
    /// [`GuardError::Moved`] or [`GuardError::Changed`]: the checks do not count.
    pub fn finish(self) -> Result<ObjectId, GuardError> {
        let after = self.repo.beside(&self.work_dir)?.head_commit()?;
        let dir = self.work_dir;
        if after != Some(self.commit) {
            let before = self.commit;
            return Err(GuardError::Moved { dir, before, after });
        }
        let status = self.repo.status(&dir)?;
        if is_bare_commit(&status) {
            Ok(self.commit)
        } else {
            Err(GuardError::Changed { dir, status })
        }
    }
}

fn is_bare_commit(status: &Status) -> bool {
    status.is_clean() && status.untracked.is_empty()
}

fn told(status: &Status) -> String {
    let paths = status.dirty.iter().chain(&status.untracked);
    let mut words: Vec<String> = paths.map(|path| path.escape_debug().to_string()).collect();
    if status.operation.is_some() {
        words.push("an operation in progress".to_owned());
    }
    words.join(", ")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::id::TaskId;
    use crate::process::Runner;

    pub(crate) fn runner() -> Runner {
        let process = crate::env::Env::of_process().unwrap();
        let mut vars = std::collections::BTreeMap::new();
        vars.insert("PATH".into(), process.var("PATH").unwrap().into());
        vars.insert("HOME".into(), "/nonexistent".into());
        vars.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
        vars.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
        Runner::new(vars)
    }

    /// A repository with one commit.
    fn repository() -> (tempfile::TempDir, Repo) {
        let dir = tempfile::tempdir().unwrap();
        let runner = runner();
        let script = "git init -q && git config user.name T && git config user.email t@example.com \
            && echo 1 > a && echo '*.log' > .gitignore && git add . && git commit -q -m 1";
        let made = runner.run(&runner.shell(script, dir.path())).unwrap();
        assert!(made.success(), "{}", made.stderr.text());
        let repo = Repo::open(dir.path(), &runner).unwrap();
        (dir, repo)
    }

    /// Runs a check under guard; what the guard says.
    fn guarded(command: &str) -> Result<ObjectId, GuardError> {
        let (dir, repo) = repository();
        let guard = Guard::begin(&repo, dir.path())?;
        let task = TaskId::new("A-1").unwrap();
        let subject = super::super::Subject {
            task: &task,
            commit: guard.commit(),
        };
        let limits = super::super::Limits::default();
        let commands = [command.to_owned()];
        let runs = super::super::run(
            &runner(),
            dir.path(),
            subject,
            &commands,
            limits,
            &mut |_| {},
        );
        assert!(runs.unwrap()[0].passed());
        guard.finish()
    }

    #[test]
    fn checks_of_a_tree_that_stood_still_count() {
        guarded("echo x > build.log; test $(cat a) = 1").unwrap();
    }

    #[test]
    fn checks_that_move_the_tree_do_not_count() {
        for command in [
            "echo 2 > a",
            "rm a",
            "echo x > new",
            "echo 2 > a; git add a",
        ] {
            let error = guarded(command).unwrap_err();
            assert!(matches!(error, GuardError::Changed { .. }), "{error}");
        }
        let commit = "git -c core.hooksPath=/dev/null commit -q --allow-empty -m 2";
        let error = guarded(commit).unwrap_err();
        assert!(matches!(error, GuardError::Moved { .. }), "{error}");
    }

    #[test]
    fn nothing_runs_on_a_tree_that_holds_more_than_its_commit() {
        let (dir, repo) = repository();
        let runner = runner();
        let change = runner.shell("echo 2 > a; echo x > new", dir.path());
        runner.run(&change).unwrap();
        let error = Guard::begin(&repo, dir.path()).unwrap_err();
        assert!(error.to_string().ends_with("a, new"), "{error}");
    }
}
