use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::objects::Entry;
use super::{GitError, Repo, output};
use crate::domain::id::ObjectId;

/// Most bytes of an index listing that are read.
const LISTING: usize = 64 << 20;

/// A path of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staged {
    /// What a commit would hold there.
    Entry(Entry),
    /// A conflict that nobody has resolved yet.
    Conflict,
    /// Something whose path is not UTF-8; it stands under the path as it is shown.
    Illegible,
}

impl Repo {
    /// What is staged below the directory `below` (from the root of the worktree), by path, without
    /// what is only meant to be added and no commit would hold. By `git ls-files`, which writes
    /// nothing.
    ///
    /// `index` is the index that git names to a hook by `GIT_INDEX_FILE`, which a partial commit
    /// makes for itself; none: the worktree's own.
    ///
    /// # Errors
    /// [`GitError::Git`]; [`GitError::NoRepository`] without a worktree.
    pub fn staged(
        &self,
        below: &str,
        index: Option<&Path>,
    ) -> Result<BTreeMap<String, Staged>, GitError> {
        let Some(root) = self.work_dir() else {
            let dir = self.git_dir();
            return Err(GitError::NoRepository { dir });
        };
        let ask = |args: &[&str]| {
            let mut spawn = self.git_in(&root, args).cap(LISTING);
            if let Some(index) = index {
                // Git names it from the root of the worktree.
                spawn = spawn.env("GIT_INDEX_FILE", root.join(index));
            }
            self.succeed(&spawn, args[1])
        };
        let listing = ask(&["--literal-pathspecs", "ls-files", "-s", "-z", "--", below])?;
        let mut staged = output::staged(&listing);
        // What is only meant to be added stands there as an empty file.
        let mut hasher = self.hasher();
        let empty = hasher.blob(b"")?;
        let is_empty = |one: &Staged| matches!(one, Staged::Entry(entry) if entry.id == empty);
        if staged.values().any(is_empty) {
            let head = match self.head_commit()? {
                Some(head) => head.to_string(),
                None => hasher.object(gix::objs::Kind::Tree, b"")?.to_string(),
            };
            let beside = |sight: &str| {
                let args = [
                    "--literal-pathspecs",
                    "diff-index",
                    "--cached",
                    "--raw",
                    "-z",
                    "--no-renames",
                    sight,
                    &head,
                    "--",
                    below,
                ];
                Ok::<_, GitError>(output::differing(&ask(&args)?))
            };
            let (with, without) = (
                beside("--ita-visible-in-index")?,
                beside("--ita-invisible-in-index")?,
            );
            staged.retain(|path, one| !is_empty(one) || with.get(path) == without.get(path));
        }
        Ok(staged)
    }

    /// What of the index below a directory the worktree leaves out: a sparse checkout does.
    ///
    /// # Errors
    /// As [`staged`](Self::staged).
    pub fn left_out(&self, below: &str) -> Result<BTreeMap<String, Staged>, GitError> {
        let listing = self.ls_files(&["-t", "-s", "-z", "--", below])?;
        Ok(output::skipped(&listing))
    }

    /// The paths below a directory of whose files git was told not to look at them:
    /// `assume-unchanged`, `skip-worktree`. Its status says nothing of what they hold.
    ///
    /// # Errors
    /// As [`staged`](Self::staged).
    pub fn unwatched(&self, below: &str) -> Result<BTreeSet<String>, GitError> {
        let listing = self.ls_files(&["-v", "-z", "--", below])?;
        Ok(output::unwatched(&listing))
    }

    fn ls_files(&self, options: &[&str]) -> Result<Vec<u8>, GitError> {
        let Some(root) = self.work_dir() else {
            let dir = self.git_dir();
            return Err(GitError::NoRepository { dir });
        };
        let args = ["--literal-pathspecs", "ls-files"];
        let args: Vec<&str> = args.iter().chain(options).copied().collect();
        self.succeed(&self.git_in(&root, &args).cap(LISTING), "ls-files")
    }

    /// The commit that a revision names: `HEAD~1`, a branch, an abbreviated id. `None` when it
    /// names none.
    ///
    /// # Errors
    /// [`GitError::Process`], [`GitError::TimedOut`].
    pub fn commit_named(&self, revision: &str) -> Result<Option<ObjectId>, GitError> {
        if revision.contains('\0') {
            return Ok(None);
        }
        let commit = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "-q", "--end-of-options", &commit];
        let dir = self.work_dir().unwrap_or_else(|| self.git_dir());
        let finished = self.finish(&self.git_in(&dir, &args), "rev-parse")?;
        Ok(finished.stdout.text().trim().parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::EntryKind;
    use crate::git::testing::{Lab, put};

    #[test]
    fn the_index_is_read_and_not_the_worktree() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let first = lab.commit(&root, &[("g/a b.yaml", "1"), ("other", "x")]);
        put(&root.join("g/new"), "2");
        lab.git(&root, &["add", "g/new"]);
        put(&root.join("g/new"), "3");
        std::os::unix::fs::symlink("new", root.join("g/link")).unwrap();
        lab.git(&root, &["add", "g/link"]);
        let staged = repo.staged("g", None).unwrap();
        let names: Vec<&str> = staged.keys().map(String::as_str).collect();
        assert_eq!(names, ["g/a b.yaml", "g/link", "g/new"]);
        let Staged::Entry(new) = staged["g/new"] else {
            panic!("no entry")
        };
        assert_eq!(repo.blob(new.id, 9).unwrap(), b"2");
        assert!(matches!(
            staged["g/link"],
            Staged::Entry(Entry {
                kind: EntryKind::Link,
                ..
            })
        ));
        let other = lab.path("repo/.git/other-index");
        lab.git(
            &root,
            &["read-tree", "--index-output=.git/other-index", "HEAD"],
        );
        assert_eq!(repo.staged("g", Some(&other)).unwrap().len(), 1);
        assert_eq!(repo.commit_named("HEAD").unwrap(), Some(first));
        assert_eq!(repo.commit_named("--help").unwrap(), None);
        assert_eq!(repo.commit_named("nothing").unwrap(), None);
    }

    #[test]
    fn what_is_only_meant_to_be_added_is_not_staged() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        put(&root.join("g/empty"), "");
        put(&root.join("g/meant"), "1");
        lab.git(&root, &["add", "g/empty"]);
        lab.git(&root, &["add", "-N", "g/meant"]);
        let names = || {
            repo.staged("g", None)
                .unwrap()
                .into_keys()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(), ["g/empty"], "before the first commit");
        lab.commit(&root, &[("g/was", "2"), ("g/void", "")]);
        lab.git(&root, &["rm", "-q", "--cached", "g/was", "g/void"]);
        lab.git(&root, &["add", "-N", "g/was", "g/void"]);
        assert!(
            !names()
                .iter()
                .any(|name| name == "g/was" || name == "g/void")
        );
    }

    #[test]
    fn an_unresolved_conflict_is_told() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        lab.commit(&root, &[("g/a", "1")]);
        lab.git(&root, &["checkout", "-q", "-b", "x"]);
        lab.commit(&root, &[("g/a", "2")]);
        lab.git(&root, &["checkout", "-q", "main"]);
        lab.commit(&root, &[("g/a", "3")]);
        let merge = lab.runner.git(&root, ["merge", "-q", "x"]);
        assert!(!lab.runner.run(&merge).unwrap().success());
        assert_eq!(repo.staged("g", None).unwrap()["g/a"], Staged::Conflict);
    }
}
