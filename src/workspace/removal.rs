use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::lane::commits;
use super::place::{empty, same};
use super::{Obstacle, WorkspaceError};
use crate::domain::id::{BranchName, ObjectId};
use crate::git::{Cas, Durability, Expect, RefEdit, Repo, Worktree};

/// A worktree to be removed, and what keeps its work.
#[derive(Debug, Clone)]
pub struct Removal<'a> {
    /// Its directory.
    pub path: &'a Path,
    /// The tip of the target.
    pub target: ObjectId,
    /// Commits that work refs keep.
    pub saved: &'a BTreeSet<ObjectId>,
    /// Whether a task is in progress in it.
    pub in_progress: bool,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The directory.
    pub path: PathBuf,
    /// Its branch, if it had one and that went with it.
    pub branch: Option<BranchName>,
}

/// Removes a lane's worktree, and its branch, when neither a commit nor a file is lost (P7).
/// Ignored files go with it.
///
/// # Errors
/// [`WorkspaceError::Unsafe`] with everything that stands in the way;
/// [`WorkspaceError::NoWorktree`], also for the main checkout.
pub fn remove(repo: &Repo, removal: &Removal<'_>) -> Result<Removed, WorkspaceError> {
    let worktree = find(repo, removal.path)?;
    let obstacles = check(repo, removal, &worktree)?;
    if !obstacles.is_empty() {
        return Err(WorkspaceError::Unsafe {
            path: worktree.path,
            obstacles,
        });
    }
    repo.worktree_remove(&worktree.path)?;
    Ok(Removed {
        branch: delete_branch(repo, &worktree)?,
        path: worktree.path,
    })
}

/// Everything that [`remove`] would refuse for; empty when it would not.
///
/// # Errors
/// As [`remove`].
pub fn obstacles(repo: &Repo, removal: &Removal<'_>) -> Result<Vec<Obstacle>, WorkspaceError> {
    check(repo, removal, &find(repo, removal.path)?)
}

fn find(repo: &Repo, path: &Path) -> Result<Worktree, WorkspaceError> {
    // The first one is the main checkout, or the bare repository itself.
    let mut linked = repo.worktrees()?.into_iter().skip(1);
    linked
        .find(|known| same(&known.path, path))
        .ok_or_else(|| WorkspaceError::NoWorktree {
            path: path.to_owned(),
        })
}

fn check(
    repo: &Repo,
    removal: &Removal<'_>,
    worktree: &Worktree,
) -> Result<Vec<Obstacle>, WorkspaceError> {
    let mut found = Vec::new();
    if removal.in_progress {
        found.push(Obstacle::InProgress);
    }
    found.extend(worktree.locked.clone().map(Obstacle::Locked));
    if worktree.git_dir.is_none() && worktree.locked.is_none() {
        // Whatever stands there by now is not looked into.
        empty(repo, &worktree.path)?;
    } else if worktree.git_dir.is_some() {
        let inside = repo.status(&worktree.path)?;
        found.extend(inside.operation.map(Obstacle::Operation));
        found.extend(inside.dirty.into_iter().map(Obstacle::Dirty));
        found.extend(inside.untracked.into_iter().map(Obstacle::Untracked));
    }
    if let Some(head) = worktree.head {
        let mut kept = vec![removal.target];
        kept.extend(removal.saved);
        found.extend(commits(repo, head, &kept)?);
    }
    Ok(found)
}

/// Deletes the branch at the commit that was found kept; one that moved meanwhile stays.
fn delete_branch(repo: &Repo, worktree: &Worktree) -> Result<Option<BranchName>, WorkspaceError> {
    let name = worktree.branch.as_deref();
    let name = name.and_then(|name| name.strip_prefix("refs/heads/"));
    let branch = name.and_then(|name| BranchName::new(name).ok());
    let (Some(branch), Some(head)) = (branch, worktree.head) else {
        return Ok(None);
    };
    let edit = RefEdit {
        name: branch.full(),
        expect: Expect::At(head),
        new: None,
    };
    let deleted = repo.cas(&[edit], "laneway: lane removed", Durability::Fast)?;
    Ok((deleted == Cas::Moved).then_some(branch))
}
