//! Keeping the work of a task alive in its work ref, and letting go of a lane (DESIGN §5).

use std::path::PathBuf;
use std::time::Duration;

use super::OpError;
use super::mutate::Mutation;
use super::site::Site;
use crate::domain::id::{ObjectId, RemoteName, TaskId};
use crate::domain::policy::Durability;
use crate::domain::push::STALE;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::{Claim, Epoch};
use crate::git::{
    Denial, Durability as Flush, Expect, Fetch, Listing, PushOutcome, PushSpec, PushUpdate, Repo,
};
use crate::ledger::{LedgerError, last_line};
use crate::workspace::{self, Binding, Obstacle, WorkspaceError};

/// A lane's worktree on this machine and what its binding says.
#[derive(Debug, Clone)]
pub struct BoundLane {
    /// The worktree.
    pub path: PathBuf,
    /// Its own git directory.
    pub git_dir: PathBuf,
    /// The binding.
    pub binding: Binding,
}

/// The worktree of this machine that is bound to this epoch of `task`, if there is one. The
/// remains of a claim that was taken over are bound to an older one.
///
/// # Errors
/// Of git.
pub fn bound_lane(site: &Site, task: &TaskId, epoch: Epoch) -> Result<Option<BoundLane>, OpError> {
    let meant = |binding: &Binding| binding.task == *task && binding.epoch == epoch;
    if let (Some(binding), Some(path)) = (&site.binding, site.repo().work_dir())
        && meant(binding)
    {
        let (git_dir, binding) = (site.repo().git_dir(), binding.clone());
        return Ok(Some(BoundLane {
            path,
            git_dir,
            binding,
        }));
    }
    for worktree in site.repo().worktrees()?.into_iter().skip(1) {
        // One without a git directory is gone, or another process is making it.
        let Some(git_dir) = worktree.git_dir.filter(|_| !worktree.prunable) else {
            continue;
        };
        match Binding::read(&git_dir) {
            Ok(Some(binding)) if meant(&binding) => {
                return Ok(Some(BoundLane {
                    path: worktree.path,
                    git_dir,
                    binding,
                }));
            }
            // Another lane's unreadable binding is for `doctor`, not for this task.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}

/// Saves the commits of a task that its holder is about to let go of, and gives the commit that
/// holds them; `None` when there is nothing beyond the target. Under remote authority the work ref
/// is on the remote before anything is recorded.
///
/// # Errors
/// When the lane has uncommitted changes; when the work ref cannot be written or pushed.
pub fn lane_work(site: &Site, task: &TaskId, dry_run: bool) -> Result<Option<ObjectId>, OpError> {
    let snapshot = site.publisher()?.snapshot_for_holders()?;
    let state = snapshot.states.get(task);
    let Some(claim) = state
        .occupying()
        .filter(|claim| site.agent().is_ok_and(|a| a == claim.agent))
    else {
        return Ok(None);
    };
    if let Some(lane) = bound_lane(site, task, state.epoch)? {
        refuse_dirty(site.repo(), &lane)?;
    }
    let Some(tip) = tip_beyond(site, &snapshot, claim)? else {
        return Ok(None);
    };
    if !dry_run {
        keep(site, &snapshot, task, state.epoch, tip)?;
    }
    Ok(Some(tip))
}

/// Brings what the lane of a task has committed to the deciding remote, which can judge only what it
/// has: evidence names lines of a commit before that is handed off.
///
/// # Errors
/// When the work ref cannot be written or pushed.
pub fn send_lane_work(site: &Site, snapshot: &Snapshot, task: &TaskId) -> Result<(), OpError> {
    let state = snapshot.states.get(task);
    let (Some(claim), true) = (state.occupying(), site.ledger.remote().is_some()) else {
        return Ok(());
    };
    match tip_beyond(site, snapshot, claim)? {
        Some(tip) => keep(site, snapshot, task, state.epoch, tip),
        None => Ok(()),
    }
}

/// The tip of the claim's branch, when it holds anything that the target does not.
fn tip_beyond(
    site: &Site,
    snapshot: &Snapshot,
    claim: &Claim,
) -> Result<Option<ObjectId>, OpError> {
    match site.repo().tip(&claim.branch.full())? {
        Some(tip) if !site.repo().is_ancestor(tip, snapshot.rules.at)? => Ok(Some(tip)),
        _ => Ok(None),
    }
}

/// Refuses while tracked files of the lane are changed: only commits can be kept.
///
/// # Errors
/// [`WorkspaceError::Unsafe`] with the files.
pub fn refuse_dirty(repo: &Repo, lane: &BoundLane) -> Result<(), OpError> {
    let status = repo.status(&lane.path)?;
    if status.is_clean() {
        return Ok(());
    }
    let mut obstacles: Vec<Obstacle> = status.dirty.into_iter().map(Obstacle::Dirty).collect();
    obstacles.extend(status.operation.map(Obstacle::Operation));
    Err(WorkspaceError::Unsafe {
        path: lane.path.clone(),
        obstacles,
    }
    .into())
}

/// Keeps `commit` in the work ref of `task`, here and on the deciding remote. Where that stood at
/// something else, such as a commit that was sent back and amended, that is kept beside it.
///
/// # Errors
/// When it cannot be written or pushed.
pub fn keep(
    site: &Site,
    snapshot: &Snapshot,
    task: &TaskId,
    epoch: Epoch,
    commit: ObjectId,
) -> Result<(), OpError> {
    let flush = match snapshot.rules.policy.durability {
        Durability::Full => Flush::Full,
        Durability::Fast => Flush::Fast,
    };
    if flush == Flush::Full {
        // The work was committed with git, which flushes nothing by default.
        site.repo().sync_range(commit, snapshot.rules.at)?;
    }
    workspace::save(site.repo(), task, epoch, commit, flush)?;
    let Some(remote) = site.ledger.remote() else {
        return Ok(());
    };
    let limit = Duration::from_secs(u64::from(snapshot.rules.policy.remote_timeout.seconds()));
    let (repo, name) = (site.repo(), workspace::work_ref(task, epoch));
    let there = there(repo, remote, &name, limit)?;
    if let Some(left) = there.filter(|earlier| *earlier != commit) {
        let earlier = workspace::earlier_ref(task, epoch, left);
        // Saved in another clone, and never seen here.
        if !repo.exists(left)
            && let Fetch::Unreachable { stderr } =
                repo.fetch(remote, &[format!("+{name}:{earlier}")], limit)?
        {
            return Err(unreachable(remote, &stderr));
        }
        if workspace::leaves(repo, left, commit) {
            push_ref(repo, remote, &earlier, left, limit)?;
        }
    }
    push_over(repo, remote, &name, there, commit, limit)
}

fn there(
    repo: &Repo,
    remote: &RemoteName,
    name: &str,
    limit: Duration,
) -> Result<Option<ObjectId>, OpError> {
    match repo.ls_remote(remote, &[name], limit)? {
        Listing::Refs(refs) => Ok(refs.get(name).copied()),
        Listing::Unreachable { stderr } => Err(unreachable(remote, &stderr)),
    }
}

/// Brings the saved work of `task` from the deciding remote, when `commit` is not here yet: who
/// merges or takes over may never have seen it.
///
/// # Errors
/// [`LedgerError::Unreachable`].
pub fn bring(
    site: &Site,
    snapshot: &Snapshot,
    task: &TaskId,
    epoch: Epoch,
    commit: ObjectId,
) -> Result<(), OpError> {
    let Some(remote) = site.ledger.remote() else {
        return Ok(());
    };
    if site.repo().exists(commit) {
        return Ok(());
    }
    let limit = Duration::from_secs(u64::from(snapshot.rules.policy.remote_timeout.seconds()));
    let name = workspace::work_ref(task, epoch);
    match site
        .repo()
        .fetch(remote, &[format!("+{name}:{name}")], limit)?
    {
        // Work that is not there is missed by whoever needs it, with better words.
        Fetch::Done | Fetch::NoSuchRef { .. } | Fetch::NotForward { .. } => Ok(()),
        Fetch::Unreachable { stderr } => Err(unreachable(remote, &stderr)),
    }
}

/// Pushes one ref, whatever value the remote has for it now.
///
/// # Errors
/// [`LedgerError::Unreachable`], [`LedgerError::RemoteRefused`].
pub fn push_ref(
    repo: &Repo,
    remote: &RemoteName,
    name: &str,
    commit: ObjectId,
    limit: Duration,
) -> Result<(), OpError> {
    let there = there(repo, remote, name, limit)?;
    push_over(repo, remote, name, there, commit, limit)
}

fn push_over(
    repo: &Repo,
    remote: &RemoteName,
    name: &str,
    there: Option<ObjectId>,
    commit: ObjectId,
    limit: Duration,
) -> Result<(), OpError> {
    if there == Some(commit) {
        return Ok(());
    }
    let update = PushUpdate {
        name: name.to_owned(),
        new: Some(commit),
        expect: there.map_or(Expect::Absent, Expect::At),
        rewind: true,
    };
    let spec = PushSpec {
        remote: remote.clone(),
        updates: vec![update],
        atomic: false,
        limit,
    };
    let refused = |name, reason| -> OpError {
        LedgerError::RemoteRefused {
            remote: remote.clone(),
            denial: Denial::Other,
            name,
            reason,
            stderr: String::new(),
        }
        .into()
    };
    match repo.push(&spec)? {
        PushOutcome::Won => Ok(()),
        PushOutcome::Lost { name, reason } => Err(refused(name, reason)),
        PushOutcome::Outdated { name, .. } => Err(refused(name, STALE.to_owned())),
        PushOutcome::Locked { name, lock } => {
            let remote = remote.clone();
            Err(LedgerError::RemoteLocked { remote, name, lock }.into())
        }
        PushOutcome::Refused {
            denial,
            name,
            reason,
            stderr,
        } => Err(LedgerError::RemoteRefused {
            remote: remote.clone(),
            denial,
            name,
            reason,
            stderr,
        }
        .into()),
        PushOutcome::Unreachable { stderr } | PushOutcome::Indeterminate { stderr, .. } => {
            Err(unreachable(remote, &stderr))
        }
    }
}

fn unreachable(remote: &RemoteName, stderr: &str) -> OpError {
    LedgerError::Unreachable {
        remote: remote.clone(),
        why: last_line(stderr),
    }
    .into()
}

/// Takes the binding off the lane's worktree once its task is no longer worked on there. One that
/// somebody else took the task from keeps it: it fences whoever still works there, and the next
/// claim of the lane sets aside what it holds.
///
/// # Errors
/// When the binding cannot be removed.
pub fn unbind(site: &Site, task: &TaskId, mutation: &Mutation) -> Result<(), OpError> {
    if !mutation.carried_out || mutation.state(task).occupying().is_some() {
        return Ok(());
    }
    let epoch = mutation.before.states.get(task).epoch;
    let lane = bound_lane(site, task, epoch)?;
    let agent = site.agent()?;
    if let Some(lane) = lane.filter(|lane| lane.binding.agent == agent) {
        Binding::remove(&lane.git_dir).map_err(WorkspaceError::from)?;
    }
    Ok(())
}
