use std::path::Path;

use super::{Obstacle, WorkspaceError};
use crate::domain::id::ObjectId;
use crate::git::{Rebase, Replay, Repo};

/// What came of bringing a lane up to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// The lane stands on the target, at this tip.
    Rebased(ObjectId),
    /// It stood there already.
    Current(ObjectId),
    /// A commit does not fit; branch and files are as they were.
    Conflict {
        /// The paths in conflict, sorted.
        paths: Vec<String>,
    },
}

/// Rebases the lane in `work_dir` on `target` (P30, P34). Nothing is stashed and no hook runs.
///
/// # Errors
/// [`WorkspaceError::Unsafe`] for a lane with changes or an operation in progress, before anything
/// happens; [`WorkspaceError::InTheWay`] for untracked files.
pub fn sync(repo: &Repo, work_dir: &Path, target: ObjectId) -> Result<Synced, WorkspaceError> {
    let head = movable(repo, work_dir, target)?;
    if repo.is_ancestor(target, head)? {
        return Ok(Synced::Current(head));
    }
    Ok(match repo.rebase_in(work_dir, target)? {
        Rebase::Done(tip) => Synced::Rebased(tip),
        Rebase::Conflict { paths } => Synced::Conflict { paths },
    })
}

/// What [`sync`] would come to, found in object space: nothing is written. The tip that it names
/// has the content of the one that [`sync`] makes, not its id.
///
/// # Errors
/// As [`sync`]; a merge commit in the lane.
pub fn rehearse(repo: &Repo, work_dir: &Path, target: ObjectId) -> Result<Synced, WorkspaceError> {
    let head = movable(repo, work_dir, target)?;
    if repo.is_ancestor(target, head)? {
        return Ok(Synced::Current(head));
    }
    let Some(base) = repo.merge_base(target, head)? else {
        return Ok(Synced::Rebased(head));
    };
    let committer = repo.commit(head)?.committer;
    let replayed = repo.hasher().replay(base, head, target, &committer)?;
    Ok(match replayed {
        Replay::Commit(tip) => Synced::Rebased(tip),
        Replay::Nothing => Synced::Rebased(target),
        Replay::Conflict { paths, .. } => Synced::Conflict { paths },
    })
}

/// The commit of a lane that can be moved to `target`: clean, in no operation, nothing in the way.
fn movable(repo: &Repo, work_dir: &Path, target: ObjectId) -> Result<ObjectId, WorkspaceError> {
    let status = repo.status(work_dir)?;
    if !status.is_clean() {
        let mut obstacles: Vec<Obstacle> = status.dirty.into_iter().map(Obstacle::Dirty).collect();
        obstacles.extend(status.operation.map(Obstacle::Operation));
        return Err(WorkspaceError::Unsafe {
            path: work_dir.to_owned(),
            obstacles,
        });
    }
    let here = repo.beside(work_dir)?;
    let Some(head) = here.head_commit()? else {
        return Err(WorkspaceError::NoWorktree {
            path: work_dir.to_owned(),
        });
    };
    if repo.is_ancestor(target, head)? {
        return Ok(head);
    }
    let files = repo.in_the_way(work_dir, head, target, None)?;
    if files.is_empty() {
        Ok(head)
    } else {
        Err(WorkspaceError::InTheWay {
            path: work_dir.to_owned(),
            files,
        })
    }
}
