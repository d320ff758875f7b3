use std::collections::BTreeMap;
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
}

impl Repo {
    /// What is staged below the directory `below` (from the root of the worktree), by path. By
    /// `git ls-files`, which writes nothing.
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
        let args = ["--literal-pathspecs", "ls-files", "-s", "-z", "--", below];
        let mut spawn = self.git_in(&root, &args).cap(LISTING);
        if let Some(index) = index {
            // Git names it from the root of the worktree.
            spawn = spawn.env("GIT_INDEX_FILE", root.join(index));
        }
        let listing = self.succeed(&spawn, "ls-files")?;
        Ok(output::staged(&listing))
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
