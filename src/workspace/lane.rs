use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::place::{self, Place};
use super::{Obstacle, WorkspaceError, unfinished};
use crate::domain::id::{BranchName, LaneName, ObjectId};
use crate::env::Env;
use crate::git::{
    Cas, Checkout, Durability, Expect, GitError, LockFile, RefEdit, Repo, Standing, Worktree,
};
use crate::process::own_file;

/// How often setting up a lane is tried again when it meets another's lock.
const TRIES: u32 = 12;

/// How long a lane's own lock is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// A lane as it shall be.
#[derive(Debug, Clone)]
pub struct LaneSpec<'a> {
    /// The lane.
    pub lane: LaneName,
    /// Its directory, absolute.
    pub path: PathBuf,
    /// Its branch.
    pub branch: BranchName,
    /// The commit it starts from.
    pub start: ObjectId,
    /// The tip of the target.
    pub target: ObjectId,
    /// Commits that work refs keep.
    pub saved: &'a BTreeSet<ObjectId>,
}

/// How a lane came to stand at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Its worktree is new.
    Created,
    /// Its worktree was there and was switched to the start.
    Reset,
    /// Its worktree stood there already.
    Reused,
}

/// A lane that is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its directory.
    pub path: PathBuf,
    /// Its own git directory, where the binding goes.
    pub git_dir: PathBuf,
    /// What was done.
    pub how: How,
}

/// Brings a lane's worktree to its start: makes it, or adopts the one that is there (P1, P2).
///
/// Nothing is lost: a branch or worktree goes from its tip only when target, work refs or the start
/// reach that tip, and only from a clean worktree; untracked files stay. After a failure there is
/// neither a new branch nor a new directory. Safe beside any number of other calls.
///
/// # Errors
/// [`WorkspaceError::Occupied`], [`BranchElsewhere`](WorkspaceError::BranchElsewhere),
/// [`Unsafe`](WorkspaceError::Unsafe), [`BranchAhead`](WorkspaceError::BranchAhead),
/// [`InTheWay`](WorkspaceError::InTheWay), [`Busy`](WorkspaceError::Busy).
pub fn open(repo: &Repo, spec: &LaneSpec<'_>, env: &Env) -> Result<Opened, WorkspaceError> {
    let _lane = lock(repo, &spec.lane, env)?;
    let mut tried = 0;
    loop {
        tried += 1;
        match try_open(repo, spec, env) {
            Err(error) if tried < TRIES && passes(&error) => {
                let most = 20 * u64::from(tried);
                let wait = Duration::from_millis(10 + env.jitter(most));
                env.clock.sleep(wait);
            }
            done => return done,
        }
    }
}

/// Whether [`open`] would find nothing in the way, as far as what stands there now tells. Changes
/// nothing.
///
/// # Errors
/// As of [`open`].
pub fn check(repo: &Repo, spec: &LaneSpec<'_>) -> Result<(), WorkspaceError> {
    // A start that is on its way tells nothing yet of files and commits.
    let here = repo.exists(spec.start);
    match place::find(repo, &spec.path, &spec.branch)? {
        Place::Ours(worktree) if here => adoptable(repo, spec, &worktree).map(drop),
        Place::Ours(worktree) => place::usable(repo, &spec.path, &spec.branch, &worktree).map(drop),
        Place::Free { .. } if here => match repo.tip(&spec.branch.full())? {
            Some(old) => unneeded(repo, spec, old),
            None => Ok(()),
        },
        // Whoever opens the lane clears it away, or says who makes it.
        Place::Unfinished(_) | Place::Free { .. } => Ok(()),
    }
}

/// Holds off other processes that set up the same lane. Released with the value, or the process.
fn lock(repo: &Repo, lane: &LaneName, env: &Env) -> Result<File, WorkspaceError> {
    let dir = repo.common_dir().join("laneway/lanes");
    let path = dir.join(format!("{}.lock", lane.slug()));
    let file = own_file(&path).map_err(WorkspaceError::io(&path))?;
    let began = env.clock.instant();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if env.clock.instant().duration_since(began) > LOCK_WAIT {
                    return Err(WorkspaceError::Busy { path });
                }
                env.clock.sleep(Duration::from_millis(20 + env.jitter(30)));
            }
            Err(TryLockError::Error(error)) => return Err(WorkspaceError::io(path)(error)),
        }
    }
}

/// Whether an error is another's passing step: a lock file, a ref that moved, a worktree half made.
fn passes(error: &WorkspaceError) -> bool {
    let signs = [
        ".lock",
        "File exists",
        "commondir",
        "could not lock",
        "gitdir",
    ];
    match error {
        WorkspaceError::Git(GitError::Moved { .. }) => true,
        // One whose holder was looked for has been waited for.
        WorkspaceError::Git(GitError::Locked { lock, .. }) => {
            let young = |lock: &LockFile| lock.standing == Standing::Young;
            lock.as_deref().is_none_or(young)
        }
        WorkspaceError::Git(GitError::Git { stderr, .. }) => {
            signs.iter().any(|sign| stderr.contains(sign))
        }
        _ => false,
    }
}

fn try_open(repo: &Repo, spec: &LaneSpec<'_>, env: &Env) -> Result<Opened, WorkspaceError> {
    match place::find(repo, &spec.path, &spec.branch)? {
        Place::Unfinished(unfinished) => {
            unfinished::clear(repo, &unfinished, env)?;
            try_open(repo, spec, env)
        }
        Place::Ours(here) => adopt(repo, spec, &here),
        Place::Free { gone } => {
            for gone in &gone {
                forget(repo, gone)?;
            }
            create(repo, spec)
        }
    }
}

/// Takes a vanished worktree off the list (P7: recreated when irrecoverable).
fn forget(repo: &Repo, gone: &Worktree) -> Result<(), WorkspaceError> {
    // Only an empty directory goes; git forgets no worktree while one is there.
    drop(fs::remove_dir(&gone.path));
    Ok(repo.worktree_remove(&gone.path)?)
}

fn create(repo: &Repo, spec: &LaneSpec<'_>) -> Result<Opened, WorkspaceError> {
    let reserved = reserve(repo, &spec.path)?;
    let made = match repo.tip(&spec.branch.full()) {
        Ok(None) => {
            let checkout = Checkout::NewBranch(spec.branch.clone(), spec.start);
            repo.worktree_add(&spec.path, &checkout).map_err(Into::into)
        }
        Ok(Some(old)) => create_on(repo, spec, old),
        Err(error) => Err(error.into()),
    };
    if let Err(error) = made {
        if reserved {
            // Only an empty directory goes; git has taken back what it put there.
            drop(fs::remove_dir(&spec.path));
        }
        return Err(error);
    }
    opened(repo, &spec.path, How::Created)
}

/// Makes the worktree on a branch that exists, after bringing that to the start.
fn create_on(repo: &Repo, spec: &LaneSpec<'_>, old: ObjectId) -> Result<(), WorkspaceError> {
    unneeded(repo, spec, old)?;
    swap(repo, &spec.branch, old, spec.start)?;
    let added = repo.worktree_add(&spec.path, &Checkout::Branch(spec.branch.clone()));
    if added.is_err() {
        // A branch that has moved on meanwhile is someone's work and stays where it is.
        drop(swap(repo, &spec.branch, spec.start, old));
    }
    Ok(added?)
}

/// Refuses to take the lane's branch from `old` while commits are on it alone.
fn unneeded(repo: &Repo, spec: &LaneSpec<'_>, old: ObjectId) -> Result<(), WorkspaceError> {
    let obstacles = lost(repo, old, spec)?;
    if obstacles.is_empty() {
        return Ok(());
    }
    Err(WorkspaceError::BranchAhead {
        branch: spec.branch.clone(),
        obstacles,
    })
}

fn swap(
    repo: &Repo,
    branch: &BranchName,
    old: ObjectId,
    new: ObjectId,
) -> Result<(), WorkspaceError> {
    let edit = RefEdit {
        name: branch.full(),
        expect: Expect::At(old),
        new: Some(new),
    };
    match repo.cas(&[edit], "laneway: lane", Durability::Fast)? {
        Cas::Moved => Ok(()),
        Cas::Lost { name, .. } => Err(GitError::Moved { name }.into()),
    }
}

/// Takes over the worktree that stands at the lane's path, if it is this lane's and nothing in it
/// would be lost.
fn adopt(repo: &Repo, spec: &LaneSpec<'_>, here: &Worktree) -> Result<Opened, WorkspaceError> {
    if adoptable(repo, spec, here)? == spec.start {
        return opened(repo, &here.path, How::Reused);
    }
    repo.reset_branch_in(&here.path, spec.start)?;
    opened(repo, &here.path, How::Reset)
}

/// The commit that the worktree at the lane's path shows, if nothing is lost by resetting it.
fn adoptable(
    repo: &Repo,
    spec: &LaneSpec<'_>,
    here: &Worktree,
) -> Result<ObjectId, WorkspaceError> {
    let old = place::usable(repo, &spec.path, &spec.branch, here)?;
    if old == spec.start {
        return Ok(old);
    }
    let lost = lost(repo, old, spec)?;
    if !lost.is_empty() {
        return Err(WorkspaceError::Unsafe {
            path: spec.path.clone(),
            obstacles: lost,
        });
    }
    let files = repo.in_the_way(&here.path, old, spec.start, None)?;
    if !files.is_empty() {
        return Err(WorkspaceError::InTheWay {
            path: spec.path.clone(),
            files,
        });
    }
    Ok(old)
}

fn opened(repo: &Repo, path: &Path, how: How) -> Result<Opened, WorkspaceError> {
    Ok(Opened {
        path: path.to_owned(),
        git_dir: repo.beside(path)?.git_dir(),
        how,
    })
}

/// The commits that go with `old`: neither target, work refs nor the start reach them.
fn lost(repo: &Repo, old: ObjectId, spec: &LaneSpec<'_>) -> Result<Vec<Obstacle>, WorkspaceError> {
    let mut kept = vec![spec.target, spec.start];
    kept.extend(spec.saved);
    commits(repo, old, &kept)
}

/// The commits of `tip` that none of `kept` reaches, as obstacles.
pub(super) fn commits(
    repo: &Repo,
    tip: ObjectId,
    kept: &[ObjectId],
) -> Result<Vec<Obstacle>, WorkspaceError> {
    let beyond = repo.commits_beyond(tip, kept)?;
    let told = beyond.into_iter().map(|id| {
        let subject = repo.commit(id)?.message;
        let subject = subject.lines().next().unwrap_or_default().to_owned();
        Ok(Obstacle::Commit { id, subject })
    });
    told.collect()
}

/// Takes the path: makes the directory, or accepts an empty one. Says whether it was made.
fn reserve(repo: &Repo, path: &Path) -> Result<bool, WorkspaceError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(WorkspaceError::io(parent))?;
    }
    match fs::create_dir(path) {
        Ok(()) => return Ok(true),
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(WorkspaceError::io(path)(error));
        }
        Err(_) => {}
    }
    place::empty(repo, path).map(|()| false)
}

#[cfg(test)]
#[path = "lane_tests.rs"]
mod tests;
