//! The checkout of the target follows a landing (DESIGN §5, step 5).
//!
//! [`prepare`] runs before the refs move, [`PreparedCheckout::finish`] after. In between the
//! checkout's `index.lock` is ours, so nobody commits on a branch that is about to move.
//!
//! The lock *is* the journal: it is made whole, by a hard link, and says whose it is and which move
//! it waits for. So there is never a lock of ours without an owner, nor a journal without its lock.
//! Files and index change only in `finish`: read-tree on a copy of the index, which checks all
//! files before it writes one, then a rename over the index, then the lock goes. After a crash
//! [`recover`] asks the ref whether the move happened, and goes on or undoes.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::id::ObjectId;
use crate::env::Env;
use crate::git::{Cleared, Follow, GitError, LockFile, Repo, Worktree};
use crate::process::{Owner, lock_within};
use crate::process::{own_file, read_own};

/// How long another's `index.lock` is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Longest journal in bytes; git's own content of an `index.lock` is longer or binary.
const MAX_JOURNAL: usize = 4096;

/// Why a checkout cannot follow. Nothing of it was touched.
#[derive(Debug, thiserror::Error)]
pub enum CheckoutError {
    /// A person's changes or files stand where the new commit's would be written.
    #[error("{} has changes in the way: {}", .path.display(), .files.join(", "))]
    InTheWay {
        /// The checkout.
        path: PathBuf,
        /// The files, relative to it.
        files: Vec<String>,
    },
    /// Someone works on the index, or nobody can tell that a program died amid it.
    #[error("{}", told(.path, .lock.as_deref()))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// What is known of its holder.
        lock: Option<Box<LockFile>>,
    },
    /// git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file could not be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// What the lock file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Journal {
    laneway: u32,
    owner: Owner,
    /// Names this journal and the copy of the index that goes with it.
    token: String,
    /// The ref that the checkout follows.
    follows: String,
    old: String,
    new: String,
}

/// A checkout that is locked and able to follow. Dropped unfinished, it is given back as it was.
#[derive(Debug)]
#[must_use = "the checkout stays locked until it is finished or aborted"]
pub struct PreparedCheckout {
    repo: Repo,
    work_dir: PathBuf,
    files: Files,
    token: String,
    old: ObjectId,
    new: ObjectId,
}

/// The files of a checkout's git directory that take part.
#[derive(Debug, Clone)]
struct Files {
    index: PathBuf,
    lock: PathBuf,
    copy: PathBuf,
    scratch: PathBuf,
}

impl Files {
    fn new(git_dir: &Path, token: &str) -> Self {
        let private = git_dir.join("laneway");
        Self {
            index: git_dir.join("index"),
            lock: git_dir.join("index.lock"),
            copy: private.join(format!("index-{token}")),
            scratch: private.join(format!("index-{token}-new")),
        }
    }
}

/// Locks every checkout of `target_ref` (`refs/heads/main`) and makes sure that it can go from `old`
/// to `new`. Call it before the refs move; nothing but locks is changed. Finds and settles what a
/// dead process left.
///
/// # Errors
/// [`CheckoutError::InTheWay`] or [`CheckoutError::Locked`] for the first checkout that cannot
/// follow; none stays locked then.
pub fn prepare(
    repo: &Repo,
    target_ref: &str,
    old: ObjectId,
    new: ObjectId,
    env: &Env,
) -> Result<Vec<PreparedCheckout>, CheckoutError> {
    recover(repo, env)?;
    let mut prepared = Vec::new();
    for (work_dir, git_dir) in checkouts(repo.worktrees()?, Some(target_ref)) {
        // A checkout without an index shows nothing that could follow.
        if git_dir.join("index").is_file() {
            let journal = Journal {
                laneway: 1,
                owner: Owner::this(env),
                token: env.request_id().to_string(),
                follows: target_ref.to_owned(),
                old: old.to_string(),
                new: new.to_string(),
            };
            prepared.push(prepare_one(
                repo,
                work_dir,
                &git_dir,
                &journal,
                (old, new),
                env,
            )?);
        }
    }
    Ok(prepared)
}

fn checkouts(worktrees: Vec<Worktree>, on: Option<&str>) -> Vec<(PathBuf, PathBuf)> {
    let shown = worktrees
        .into_iter()
        .filter(|known| !known.bare && (on.is_none() || known.branch.as_deref() == on));
    shown
        .filter_map(|known| Some((known.path, known.git_dir?)))
        .collect()
}

fn prepare_one(
    repo: &Repo,
    work_dir: PathBuf,
    git_dir: &Path,
    journal: &Journal,
    (old, new): (ObjectId, ObjectId),
    env: &Env,
) -> Result<PreparedCheckout, CheckoutError> {
    let files = Files::new(git_dir, &journal.token);
    take_lock(repo, &files, journal, env)?;
    // From here on dropping the value gives the checkout back.
    let prepared = PreparedCheckout {
        repo: repo.clone(),
        work_dir,
        files,
        token: journal.token.clone(),
        old,
        new,
    };
    let Files { index, copy, .. } = &prepared.files;
    fs::copy(index, copy).map_err(io_at(copy))?;
    let in_the_way = repo.in_the_way(&prepared.work_dir, old, new, Some(copy))?;
    if !in_the_way.is_empty() {
        return Err(CheckoutError::InTheWay {
            path: prepared.work_dir.clone(),
            files: in_the_way,
        });
    }
    Ok(prepared)
}

impl PreparedCheckout {
    /// The root of the checkout.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.work_dir
    }

    /// The ref has moved: files and index follow, then the lock goes.
    ///
    /// # Errors
    /// [`CheckoutError::InTheWay`] when someone changed a file since: the checkout is left behind,
    /// untouched, and given back.
    pub fn finish(self) -> Result<(), CheckoutError> {
        let Files { index, copy, .. } = &self.files;
        let (old, new) = (self.old, self.new);
        let files = self.repo.in_the_way(&self.work_dir, old, new, Some(copy))?;
        if !files.is_empty() {
            return Err(CheckoutError::InTheWay {
                path: self.work_dir.clone(),
                files,
            });
        }
        follow(&self.repo, &self.work_dir, (old, new), copy)?;
        fs::rename(copy, index).map_err(io_at(index))
    }

    /// The ref has not moved: the checkout is given back as it was.
    pub fn abort(self) {}

    fn release(&self) {
        drop(fs::remove_file(&self.files.copy));
        if read_journal(&self.files.lock).is_some_and(|journal| journal.token == self.token) {
            drop(fs::remove_file(&self.files.lock));
        }
    }
}

impl Drop for PreparedCheckout {
    fn drop(&mut self) {
        self.release();
    }
}

fn follow(
    repo: &Repo,
    work_dir: &Path,
    (old, new): (ObjectId, ObjectId),
    copy: &Path,
) -> Result<(), CheckoutError> {
    match repo.read_tree_follow(work_dir, old, new, Some(copy))? {
        Follow::Done => Ok(()),
        Follow::InTheWay { stderr } => Err(CheckoutError::InTheWay {
            path: work_dir.to_owned(),
            files: vec![stderr],
        }),
        Follow::IndexLocked { path } => Err(CheckoutError::Locked { path, lock: None }),
    }
}

/// What became of a checkout that a dead process had locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// The ref had moved: the checkout has followed.
    Finished {
        /// The checkout.
        path: PathBuf,
    },
    /// The ref had not moved: the lock is gone.
    Undone {
        /// The checkout.
        path: PathBuf,
    },
    /// The ref had moved, and changes stand in the way: the lock is gone, the checkout is behind.
    Behind {
        /// The checkout.
        path: PathBuf,
        /// The files, relative to it.
        files: Vec<String>,
    },
}

/// The checkouts that a dead process of laneway left locked, for [`recover`].
///
/// # Errors
/// [`CheckoutError::Git`].
pub fn unsettled(repo: &Repo, env: &Env) -> Result<Vec<PathBuf>, CheckoutError> {
    let all = checkouts(repo.worktrees()?, None).into_iter();
    let left = all.filter(|(_, git_dir)| left_in(git_dir, env).is_some());
    Ok(left.map(|(work_dir, _)| work_dir).collect())
}

/// The journal that a dead process left in a git directory.
fn left_in(git_dir: &Path, env: &Env) -> Option<Journal> {
    read_journal(&git_dir.join("index.lock")).filter(|journal| journal.owner.is_gone(env))
}

/// Whether any checkout is locked, by whomever: only then there may be something to settle.
#[must_use]
pub fn may_be_unsettled(repo: &Repo) -> bool {
    let common = repo.common_dir();
    let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
    let mut git_dirs = linked.filter_map(Result::ok).map(|entry| entry.path());
    common.join("index.lock").exists() || git_dirs.any(|dir| dir.join("index.lock").exists())
}

/// Settles every checkout that a dead process of laneway left locked: completes it when its ref has
/// moved, gives it back when not. A lock of a living process, of another host or of git is left
/// alone (PROMISES P7).
///
/// # Errors
/// [`CheckoutError::Git`]; [`CheckoutError::Io`].
pub fn recover(repo: &Repo, env: &Env) -> Result<Vec<Recovered>, CheckoutError> {
    let mut recovered = Vec::new();
    let all = checkouts(repo.worktrees()?, None);
    if all
        .iter()
        .all(|(_, git_dir)| left_in(git_dir, env).is_none())
    {
        return Ok(recovered);
    }
    let dir = repo.common_dir().join("laneway");
    // One process at a time, and each looks again: no lock that is alive is ever taken for dead.
    let path = dir.join("recover.lock");
    let guard = own_file(&path).map_err(io_at(&path))?;
    if !lock_within(env, &guard, Duration::from_secs(10)).map_err(io_at(&path))? {
        let why = io::Error::new(io::ErrorKind::TimedOut, "a recovery does not get on");
        return Err(io_at(&path)(why));
    }
    for (work_dir, git_dir) in all {
        if let Some(journal) = left_in(&git_dir, env) {
            recovered.push(settle(repo, work_dir, &git_dir, &journal)?);
        }
    }
    Ok(recovered)
}

fn settle(
    repo: &Repo,
    work_dir: PathBuf,
    git_dir: &Path,
    journal: &Journal,
) -> Result<Recovered, CheckoutError> {
    let files = Files::new(git_dir, &journal.token);
    let outcome = complete(repo, &work_dir, &files, journal);
    drop(fs::remove_file(&files.copy));
    let outcome = match outcome {
        Ok(true) => Recovered::Finished { path: work_dir },
        Ok(false) => Recovered::Undone { path: work_dir },
        Err(CheckoutError::InTheWay { path, files }) => Recovered::Behind { path, files },
        // The lock stays, and the next call tries again.
        Err(error) => return Err(error),
    };
    fs::remove_file(&files.lock).map_err(io_at(&files.lock))?;
    Ok(outcome)
}

/// Brings the checkout to where its ref stands, if that has made the journal's move.
fn complete(
    repo: &Repo,
    work_dir: &Path,
    files: &Files,
    journal: &Journal,
) -> Result<bool, CheckoutError> {
    let ids = (
        journal.old.parse::<ObjectId>(),
        journal.new.parse::<ObjectId>(),
    );
    let ((Ok(old), Ok(new)), Some(tip)) = (ids, repo.tip(&journal.follows)?) else {
        return Ok(false);
    };
    if !repo.exists(new) || !repo.is_ancestor(new, tip)? {
        return Ok(false);
    }
    // Written by the dead process, maybe in part: the index still says the old state.
    drop(fs::remove_file(lock_of(&files.copy)));
    fs::copy(&files.index, &files.copy).map_err(io_at(&files.copy))?;
    repo.index_arrived(work_dir, old, new, &files.copy, &files.scratch)?;
    let in_the_way = repo.in_the_way(work_dir, old, tip, Some(&files.copy))?;
    if !in_the_way.is_empty() {
        return Err(CheckoutError::InTheWay {
            path: work_dir.to_owned(),
            files: in_the_way,
        });
    }
    follow(repo, work_dir, (old, tip), &files.copy)?;
    fs::rename(&files.copy, &files.index).map_err(io_at(&files.index))?;
    Ok(true)
}

fn told(path: &Path, lock: Option<&LockFile>) -> String {
    match lock {
        Some(lock) => lock.to_string(),
        None => format!("{} is held by another process", path.display()),
    }
}

/// Makes the lock file, whole from the first moment. A stale one of git is cleared.
fn take_lock(
    repo: &Repo,
    files: &Files,
    journal: &Journal,
    env: &Env,
) -> Result<(), CheckoutError> {
    let dir = files.copy.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir).map_err(io_at(dir))?;
    let bytes = serde_json::to_vec(journal).map_err(|error| io_at(&files.lock)(error.into()))?;
    let mut written = tempfile::NamedTempFile::new_in(dir).map_err(io_at(dir))?;
    let flushed = written
        .write_all(&bytes)
        .and_then(|()| written.as_file().sync_all());
    flushed.map_err(io_at(written.path()))?;
    let began = env.clock.instant();
    let mut cleared = false;
    loop {
        match fs::hard_link(written.path(), &files.lock) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(io_at(&files.lock)(error));
            }
            Err(_) if env.clock.instant().duration_since(began) > LOCK_WAIT => {
                let path = files.lock.clone();
                match repo.clear_lock(&path, env)? {
                    Cleared::Stays(lock) => {
                        let lock = Some(Box::new(lock));
                        return Err(CheckoutError::Locked { path, lock });
                    }
                    _ if cleared => return Err(CheckoutError::Locked { path, lock: None }),
                    Cleared::Done(lock) => env.notices.add(format!("cleared a stale lock: {lock}")),
                    Cleared::Gone => {}
                }
                cleared = true;
            }
            Err(_) => env.clock.sleep(Duration::from_millis(20 + env.jitter(30))),
        }
    }
}

/// The journal that a lock file holds, if it is one of ours.
fn read_journal(lock: &Path) -> Option<Journal> {
    let data = fs::symlink_metadata(lock).ok()?;
    if !data.is_file() || data.len() > MAX_JOURNAL as u64 {
        return None;
    }
    let journal: Journal = serde_json::from_slice(&read_own(lock, MAX_JOURNAL).ok()?).ok()?;
    // It becomes part of a file name.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (journal.laneway == 1 && journal.token.chars().all(plain)).then_some(journal)
}

fn lock_of(file: &Path) -> PathBuf {
    let mut lock = file.as_os_str().to_owned();
    lock.push(".lock");
    PathBuf::from(lock)
}

fn io_at(path: &Path) -> impl FnOnce(io::Error) -> CheckoutError {
    let path = path.to_owned();
    |source| CheckoutError::Io { path, source }
}

#[cfg(test)]
#[path = "checkout_tests.rs"]
mod tests;
