use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::dirs::{git_dir_at, named_in};
use super::repo::failure;
use super::{Cas, Durability, Expect, GitError, RefEdit, Repo, output};
use crate::domain::id::{BranchName, ObjectId};

/// How often a list that met a half-made worktree is asked for again, 10 milliseconds apart.
const LIST_TRIES: u32 = 50;

/// A worktree of the repository, as `git worktree list` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worktree {
    /// Its directory; of a bare repository the git directory.
    pub path: PathBuf,
    /// Its own git directory; `None` when the directory is gone, or when what stands there is not
    /// the worktree that this repository made.
    pub git_dir: Option<PathBuf>,
    /// The commit it shows; `None` on an unborn branch.
    pub head: Option<ObjectId>,
    /// The full name of the ref it has checked out; `None` when detached.
    pub branch: Option<String>,
    /// The reason it is locked for, maybe empty; `None` when it is not.
    pub locked: Option<String>,
    /// Whether `git worktree prune` would forget it.
    pub prunable: bool,
    /// Whether it is the bare repository itself.
    pub bare: bool,
}

/// What a new worktree shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkout {
    /// An existing branch.
    Branch(BranchName),
    /// A branch that is made for it; there must be none of this name.
    NewBranch(BranchName, ObjectId),
    /// A commit, no branch.
    Detached(ObjectId),
}

/// What came of making a checkout follow its branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follow {
    /// Files and index show the new commit; other changes of the person are kept.
    Done,
    /// A person's change stands in the way; nothing was touched.
    InTheWay {
        /// What git said, with the paths.
        stderr: String,
    },
    /// The index is locked by another process; nothing was touched.
    IndexLocked {
        /// The lock file.
        path: PathBuf,
    },
}

impl Repo {
    /// All worktrees, the main one first.
    ///
    /// # Errors
    /// [`GitError::Git`].
    pub fn worktrees(&self) -> Result<Vec<Worktree>, GitError> {
        let mut worktrees = output::worktrees(&self.list_worktrees()?);
        for (at, worktree) in worktrees.iter_mut().enumerate() {
            let found = self.git_dir_of(&worktree.path);
            worktree.git_dir = found.filter(|dir| at == 0 || self.keeps(dir, &worktree.path));
        }
        Ok(worktrees)
    }

    /// What `git worktree list` says. It fails while another process is half through making a
    /// worktree, so it is asked again for a while.
    fn list_worktrees(&self) -> Result<Vec<u8>, GitError> {
        let list = self.git(&["worktree", "list", "--porcelain", "-z"]);
        let mut tries = 0..LIST_TRIES;
        loop {
            match self.succeed(&list, "worktree list") {
                Err(GitError::Git { stderr, .. })
                    if stderr.contains("commondir") && tries.next().is_some() =>
                {
                    std::thread::sleep(Duration::from_millis(10));
                }
                // Its git died before it was whole, and git cannot list anything any more.
                Err(GitError::Git { stderr, .. })
                    if stderr.contains("commondir") && self.clear_headless()? => {}
                listed => return listed,
            }
        }
    }

    /// Moves aside what git keeps of worktrees that are not whole and that nobody makes any more;
    /// whether there was one. Files in their directories stay.
    fn clear_headless(&self) -> Result<bool, GitError> {
        let Ok(linked) = fs::read_dir(self.common_dir().join("worktrees")) else {
            return Ok(false);
        };
        let mut cleared = false;
        for dir in linked.filter_map(Result::ok).map(|entry| entry.path()) {
            let whole = fs::metadata(dir.join("commondir")).is_ok_and(|data| data.len() > 0);
            if !whole && self.clear_initializing(&dir.join("locked"))? {
                let aside = self.common_dir().join("laneway/cleared");
                fs::create_dir_all(&aside).map_err(GitError::io(&aside))?;
                let into = tempfile::tempdir_in(&aside).map_err(GitError::io(&aside))?;
                let into = into.keep();
                // Nothing was checked out yet: with the link to what is moved, it is empty. Any other
                // file that `gitdir` may name is nobody's business here.
                let text = fs::read(dir.join("gitdir")).unwrap_or_default();
                let link = dir.join(std::ffi::OsStr::from_bytes(text.trim_ascii_end()));
                let back = format!("gitdir: {}", dir.display());
                let ours = link.ends_with(".git")
                    && fs::symlink_metadata(&link).is_ok_and(|data| data.is_file())
                    && fs::read(&link).is_ok_and(|text| text.trim_ascii_end() == back.as_bytes());
                if ours && fs::rename(&link, into.join("link")).is_ok() {
                    drop(link.parent().map(fs::remove_dir));
                }
                fs::rename(&dir, into.join("worktree")).map_err(GitError::io(&dir))?;
                cleared = true;
            }
        }
        Ok(cleared)
    }

    /// Makes a worktree at `path` (absolute; nothing or an empty directory may be there). Hooks are
    /// off; content filters of the person's configuration run.
    ///
    /// A new branch is made by compare-and-swap after the path is ours, and taken away again when
    /// the checkout fails: no branch is left over.
    ///
    /// # Errors
    /// [`GitError::Io`] when the path is taken; [`GitError::Moved`] when a new branch exists
    /// already; [`GitError::Git`] when the branch is checked out elsewhere or the checkout fails.
    pub fn worktree_add(&self, path: &Path, checkout: &Checkout) -> Result<(), GitError> {
        let reserved = reserve(path)?;
        let added = self.add_reserved(path, checkout);
        if added.is_err() && reserved {
            // Only an empty directory goes: what git left inside is for people to see.
            drop(fs::remove_dir(path));
        }
        added
    }

    fn add_reserved(&self, path: &Path, checkout: &Checkout) -> Result<(), GitError> {
        let (detach, what) = match checkout {
            Checkout::Branch(branch) | Checkout::NewBranch(branch, _) => (None, branch.to_string()),
            Checkout::Detached(commit) => (Some("--detach"), commit.to_string()),
        };
        if let Checkout::NewBranch(branch, at) = checkout {
            self.swap_branch(branch, Expect::Absent, Some(*at))?;
        }
        let spawn = self
            .git(&["worktree", "add", "--quiet", "--no-guess-remote"])
            .args(detach)
            .arg("--end-of-options")
            .arg(path)
            .arg(what);
        let added = self.succeed(&spawn, "worktree add").map(drop);
        if let (Err(_), Checkout::NewBranch(branch, at)) = (&added, checkout) {
            // A branch that has moved on is someone's work and stays.
            drop(self.swap_branch(branch, Expect::At(*at), None));
        }
        added
    }

    fn swap_branch(
        &self,
        branch: &BranchName,
        expect: Expect,
        new: Option<ObjectId>,
    ) -> Result<(), GitError> {
        let edit = RefEdit {
            name: branch.full(),
            expect,
            new,
        };
        match self.cas(&[edit], "laneway: worktree", Durability::Fast)? {
            Cas::Moved => Ok(()),
            Cas::Lost { name, .. } => Err(GitError::Moved { name }),
        }
    }

    /// Removes a worktree, never by force: git refuses one with changes, untracked files or a lock.
    ///
    /// # Errors
    /// [`GitError::Git`] with git's reason.
    pub fn worktree_remove(&self, path: &Path) -> Result<(), GitError> {
        self.on_worktree(&["worktree", "remove", "--end-of-options"], path)
    }

    /// Locks a worktree, so that nobody prunes, moves or removes it.
    ///
    /// # Errors
    /// [`GitError::Git`], also when it is locked already.
    pub fn worktree_lock(&self, path: &Path, reason: &str) -> Result<(), GitError> {
        let reason = format!("--reason={}", reason.replace('\0', " "));
        self.on_worktree(&["worktree", "lock", &reason, "--end-of-options"], path)
    }

    /// Unlocks a worktree.
    ///
    /// # Errors
    /// [`GitError::Git`], also when it is not locked.
    pub fn worktree_unlock(&self, path: &Path) -> Result<(), GitError> {
        self.on_worktree(&["worktree", "unlock", "--end-of-options"], path)
    }

    /// Detaches the worktree at `path` at the commit it shows. No file is touched, whatever state
    /// they are in.
    ///
    /// # Errors
    /// [`GitError::Git`], also on an unborn branch.
    pub fn worktree_detach(&self, path: &Path) -> Result<(), GitError> {
        let head = self.succeed(
            &self.git_in(path, &["rev-parse", "--verify", "HEAD"]),
            "rev-parse",
        )?;
        let head = String::from_utf8_lossy(&head).trim().to_owned();
        let args = [
            "update-ref",
            "--no-deref",
            "-m",
            "laneway: detach",
            "HEAD",
            &head,
        ];
        self.succeed(&self.named(self.git_in(path, &args)), "update-ref")
            .map(drop)
    }

    /// Switches the branch checked out in `work_dir` to `commit`, files and ref, when no tracked
    /// file would lose anything. Untracked files stay; one in the way stops it.
    ///
    /// # Errors
    /// [`GitError::NotClean`] before anything happens; [`GitError::Git`] when an untracked file is
    /// in the way; [`GitError::Moved`] when the branch moved meanwhile (files are put back).
    pub fn reset_branch_in(&self, work_dir: &Path, commit: ObjectId) -> Result<(), GitError> {
        let status = self.status(work_dir)?;
        if !status.is_clean() {
            return Err(GitError::NotClean {
                dir: work_dir.to_owned(),
                paths: status.dirty,
            });
        }
        let here = Self::open(work_dir, &self.runner)?;
        let (Some(name), Some(old)) = (here.head_ref()?, here.head_commit()?) else {
            return Err(GitError::Moved {
                name: "HEAD".to_owned(),
            });
        };
        match self.read_tree_follow(work_dir, old, commit, None)? {
            Follow::Done => {}
            Follow::InTheWay { stderr } => {
                let (command, exit) = ("read-tree".to_owned(), "exit 128".to_owned());
                return Err(GitError::Git {
                    command,
                    exit,
                    stderr,
                });
            }
            Follow::IndexLocked { path } => return Err(GitError::Locked { path, lock: None }),
        }
        let edit = RefEdit {
            name,
            expect: Expect::At(old),
            new: Some(commit),
        };
        match self.cas(&[edit], "laneway: reset", Durability::Fast) {
            Ok(Cas::Moved) => Ok(()),
            moved_or_failed => {
                self.read_tree_follow(work_dir, commit, old, None)?;
                match moved_or_failed? {
                    Cas::Moved => Ok(()),
                    Cas::Lost { name, .. } => Err(GitError::Moved { name }),
                }
            }
        }
    }

    /// Brings a checkout from `old` to `new` after its branch has moved: refreshes the index, then
    /// `read-tree -m -u old new` (facts/libraries B4). Staged, unstaged and untracked changes
    /// elsewhere are kept; where they stand in the way nothing is touched. Old and new must be the
    /// commit the index stems from and the one to show; the wrong pair is refused by git.
    ///
    /// `index` is another index file to work on, for a caller that holds the lock of the real one.
    ///
    /// # Errors
    /// [`GitError::Git`], [`GitError::TimedOut`].
    pub fn read_tree_follow(
        &self,
        work_dir: &Path,
        old: ObjectId,
        new: ObjectId,
        index: Option<&Path>,
    ) -> Result<Follow, GitError> {
        let with_index = |spawn: crate::process::Spawn| match index {
            Some(index) => spawn.env("GIT_INDEX_FILE", index),
            None => spawn,
        };
        if index.is_none() {
            self.clear_worktree(work_dir)?;
        }
        let refresh = self.git_in(work_dir, &["update-index", "-q", "--refresh"]);
        // Its exit code only says that something is changed.
        self.finish(&with_index(refresh), "update-index")?;
        let (old, new) = (old.to_string(), new.to_string());
        let follow = self.git_in(work_dir, &["read-tree", "-m", "-u", &old, &new]);
        let finished = self.finish(&with_index(follow), "read-tree")?;
        if finished.success() {
            return Ok(Follow::Done);
        }
        let stderr = finished.stderr.text();
        if stderr.contains("index.lock") || stderr.contains(".lock': File exists") {
            let dir = Self::open(work_dir, &self.runner)?.git_dir();
            return Ok(Follow::IndexLocked {
                path: dir.join("index.lock"),
            });
        }
        let in_the_way = [
            "not uptodate",
            "would be overwritten",
            "would be removed",
            "would lose",
        ];
        if in_the_way.iter().any(|text| stderr.contains(text)) {
            return Ok(Follow::InTheWay { stderr });
        }
        Err(failure(&finished, "read-tree"))
    }

    fn on_worktree(&self, args: &[&str], path: &Path) -> Result<(), GitError> {
        self.succeed(&self.git(args).arg(path), "worktree")
            .map(drop)
    }

    /// Gives a command that writes reflogs a name to write, when configuration has none.
    pub(super) fn named(&self, spawn: crate::process::Spawn) -> crate::process::Spawn {
        match self.identity() {
            Some(_) => spawn,
            None => spawn
                .env("GIT_COMMITTER_NAME", "laneway")
                .env("GIT_COMMITTER_EMAIL", "laneway@localhost"),
        }
    }

    /// The git directory of the linked worktree at `path`, also when that is gone.
    #[must_use]
    pub fn admin_dir(&self, path: &Path) -> Option<PathBuf> {
        let linked = fs::read_dir(self.common_dir().join("worktrees")).ok()?;
        let mut dirs = linked.filter_map(Result::ok).map(|entry| entry.path());
        dirs.find(|dir| {
            let text = fs::read(dir.join("gitdir")).unwrap_or_default();
            let dot = dir.join(std::ffi::OsStr::from_bytes(text.trim_ascii_end()));
            dot.parent() == Some(path)
        })
    }

    /// Writes the `.git` of the linked worktree at `path` again, which somebody removed; whether it
    /// was not there. Never replaces one.
    ///
    /// # Errors
    /// [`GitError::Io`], also when this repository knows no worktree there.
    pub fn reattach(&self, path: &Path) -> Result<bool, GitError> {
        let dot = path.join(".git");
        let known = self.admin_dir(path).ok_or_else(|| {
            let unknown = std::io::Error::from(std::io::ErrorKind::NotFound);
            GitError::io(path)(unknown)
        })?;
        let mut text = b"gitdir: ".to_vec();
        text.extend(known.as_os_str().as_bytes());
        text.push(b'\n');
        let made = fs::File::create_new(&dot).and_then(|mut file| file.write_all(&text));
        match made {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(GitError::io(&dot)(error)),
        }
    }

    /// The git directory that `path/.git` is or names; of a bare repository `path` itself.
    pub(super) fn git_dir_of(&self, path: &Path) -> Option<PathBuf> {
        git_dir_at(path).or_else(|| Some(self.common_dir()).filter(|common| common == path))
    }

    /// Whether `git_dir` is what this repository keeps for the worktree at `path`. Where a worktree
    /// was registered anything may stand by now: a lane of another clone, a copy of another lane.
    fn keeps(&self, git_dir: &Path, path: &Path) -> bool {
        let linked = self.common_dir().join("worktrees");
        let (Ok(real), Ok(linked)) = (git_dir.canonicalize(), linked.canonicalize()) else {
            return false;
        };
        let back = named_in(&real.join("gitdir"), b"").map(|dot| real.join(dot));
        // The last part is compared as it is: it may be a link to another lane.
        let place = |path: &Path| {
            Some((
                path.parent()?.canonicalize().ok()?,
                path.file_name()?.to_owned(),
            ))
        };
        let there = back.as_deref().and_then(Path::parent).is_some_and(|back| {
            let real = back.canonicalize();
            place(back) == place(path) || real.is_ok_and(|back| back == path)
        });
        real.parent() == Some(&linked) && there
    }
}

/// Takes the path for us: makes the directory, or accepts an empty one. Says whether it was made.
fn reserve(path: &Path) -> Result<bool, GitError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(GitError::io(parent))?;
    }
    match fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let symlink = fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink());
            let empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
            if empty && !symlink {
                Ok(false)
            } else {
                Err(GitError::io(path)(error))
            }
        }
        Err(error) => Err(GitError::io(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, put, set, write};
    use crate::git::{Operation, Status};

    fn branch(name: &str) -> BranchName {
        BranchName::new(name).unwrap()
    }

    /// A repository with one commit on `main`, checked out.
    fn started(format: &[&str]) -> (Lab, Repo, PathBuf, ObjectId) {
        let (lab, repo) = Lab::with_repo(format);
        let root = lab.path("repo");
        let first = lab.commit(&root, &[("a", "1\n"), ("b", "1\n")]);
        (lab, repo, root, first)
    }

    #[test]
    fn a_worktree_lives_from_add_to_remove() {
        for format in [&[][..], &["--ref-format=reftable"]] {
            let (lab, repo, root, first) = started(format);
            let lane = lab.path("lanes/A-backend");
            let new = Checkout::NewBranch(branch("agent/A-backend"), first);
            repo.worktree_add(&lane, &new).unwrap();
            let spot = lab.path("lanes/spot");
            repo.worktree_add(&spot, &Checkout::Detached(first))
                .unwrap();
            repo.worktree_lock(&spot, "taken over\nby epoch 3").unwrap();
            let all = repo.worktrees().unwrap();
            assert_eq!(
                all.iter().map(|w| &w.path).collect::<Vec<_>>(),
                [&root, &lane, &spot]
            );
            assert_eq!(all[1].branch.as_deref(), Some("refs/heads/agent/A-backend"));
            assert_eq!(
                all[1].git_dir,
                Some(lab.path("repo/.git/worktrees/A-backend"))
            );
            assert_eq!((all[2].branch.as_deref(), all[2].head), (None, Some(first)));
            assert_eq!(all[2].locked.as_deref(), Some("taken over\nby epoch 3"));
            assert!(repo.worktree_remove(&spot).is_err(), "locked");
            repo.worktree_unlock(&spot).unwrap();
            repo.worktree_remove(&spot).unwrap();
            put(&lane.join("mine"), "x");
            assert!(repo.worktree_remove(&lane).is_err(), "untracked file");
            put(&lane.join("a"), "changed");
            repo.worktree_detach(&lane).unwrap();
            let status = repo.status(&lane).unwrap();
            assert_eq!(
                (status.dirty, status.untracked),
                (vec!["a".into()], vec!["mine".into()])
            );
            assert_eq!(repo.worktrees().unwrap()[1].branch, None);
        }
    }

    #[test]
    fn a_failed_add_leaves_neither_branch_nor_directory() {
        let (lab, repo, root, first) = started(&[]);
        let taken = Checkout::Branch(branch("main"));
        let path = lab.path("lane");
        assert!(matches!(
            repo.worktree_add(&path, &taken),
            Err(GitError::Git { .. })
        ));
        assert!(!path.exists());
        put(&path.join("someone's"), "x");
        let new = Checkout::NewBranch(branch("agent/x"), first);
        assert!(matches!(
            repo.worktree_add(&path, &new),
            Err(GitError::Io { .. })
        ));
        assert_eq!(repo.tip("refs/heads/agent/x").unwrap(), None);
        set(&repo, "refs/heads/agent/y", first);
        let exists = Checkout::NewBranch(branch("agent/y"), first);
        let error = repo.worktree_add(&lab.path("other"), &exists).unwrap_err();
        assert!(matches!(error, GitError::Moved { .. }), "{error}");
        assert!(!lab.path("other").exists());
        put(&root.join(".git/worktrees"), "a file in the way");
        let new = Checkout::NewBranch(branch("agent/z"), first);
        assert!(repo.worktree_add(&lab.path("z"), &new).is_err());
        assert_eq!(repo.tip("refs/heads/agent/z").unwrap(), None);
        assert!(!lab.path("z").exists());
    }

    #[test]
    fn no_hook_runs_when_a_worktree_is_made() {
        let (lab, repo, root, first) = started(&[]);
        let hook = root.join(".git/hooks/post-checkout");
        put(
            &hook,
            &format!("#!/bin/sh\ntouch {}\n", lab.path("ran").display()),
        );
        lab.runner
            .run(
                &lab.runner
                    .shell(format!("chmod +x {}", hook.display()), &root),
            )
            .unwrap();
        repo.worktree_add(&lab.path("w"), &Checkout::Detached(first))
            .unwrap();
        assert!(!lab.path("ran").exists());
    }

    #[test]
    fn a_branch_is_reset_only_when_nothing_is_lost() {
        let (_lab, repo, root, first) = started(&[]);
        let next = write(&repo, &[first], &[("a", Some("2\n")), ("new", Some("n\n"))]);
        put(&root.join("b"), "dirty");
        let error = repo.reset_branch_in(&root, next).unwrap_err();
        assert!(matches!(error, GitError::NotClean { .. }), "{error}");
        put(&root.join("b"), "1\n");
        put(&root.join("new"), "untracked");
        assert!(repo.reset_branch_in(&root, next).is_err());
        assert_eq!(repo.tip("refs/heads/main").unwrap(), Some(first));
        assert_eq!(
            std::fs::read_to_string(root.join("new")).unwrap(),
            "untracked"
        );
        std::fs::remove_file(root.join("new")).unwrap();
        repo.reset_branch_in(&root, next).unwrap();
        assert_eq!(repo.tip("refs/heads/main").unwrap(), Some(next));
        assert_eq!(repo.status(&root).unwrap(), Status::default());
        assert_eq!(std::fs::read_to_string(root.join("a")).unwrap(), "2\n");
    }

    #[test]
    fn a_checkout_follows_and_keeps_what_people_changed() {
        let (_lab, repo, root, first) = started(&[]);
        let next = write(&repo, &[first], &[("a", Some("2\n"))]);
        put(&root.join("b"), "mine\n");
        set(&repo, "refs/heads/main", next);
        assert_eq!(
            repo.read_tree_follow(&root, first, next, None).unwrap(),
            Follow::Done
        );
        assert_eq!(repo.status(&root).unwrap().dirty, ["b"]);
        let last = write(&repo, &[next], &[("b", Some("theirs\n"))]);
        let stopped = repo.read_tree_follow(&root, next, last, None).unwrap();
        assert!(
            matches!(&stopped, Follow::InTheWay { stderr } if stderr.contains('b')),
            "{stopped:?}"
        );
        assert_eq!(std::fs::read_to_string(root.join("b")).unwrap(), "mine\n");
        put(&root.join(".git/index.lock"), "");
        put(&root.join("b"), "1\n");
        let locked = repo.read_tree_follow(&root, next, last, None).unwrap();
        assert!(matches!(locked, Follow::IndexLocked { .. }), "{locked:?}");
    }

    #[test]
    fn an_operation_in_progress_is_told() {
        let (lab, repo, root, first) = started(&[]);
        let other = write(&repo, &[first], &[("a", Some("other\n"))]);
        lab.commit(&root, &[("a", "mine\n")]);
        let merge = lab.runner.git(&root, ["merge", &other.to_string()]);
        assert!(!lab.runner.run(&merge).unwrap().success());
        let status = repo.status(&root).unwrap();
        assert_eq!(
            (status.operation, status.is_clean()),
            (Some(Operation::Merge), false)
        );
    }
}
