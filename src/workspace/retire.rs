use std::fs;
use std::path::Path;

use super::WorkspaceError;
use super::place::same;
use crate::git::{Operation, Repo};

/// Takes a worktree out of service when its claim was taken over: detaches it at the commit it
/// shows and locks it with `reason`. No file of it is touched; its branch is free for the new
/// worktree. A second call changes nothing; a directory that is gone needs nothing.
///
/// # Errors
/// [`WorkspaceError::NoWorktree`]; [`WorkspaceError::Git`].
pub fn retire(repo: &Repo, path: &Path, reason: &str) -> Result<(), WorkspaceError> {
    let mut linked = repo.worktrees()?.into_iter().skip(1);
    let found = linked.find(|known| same(&known.path, path));
    let found = found.ok_or_else(|| WorkspaceError::NoWorktree {
        path: path.to_owned(),
    })?;
    if fs::symlink_metadata(&found.path).is_err() {
        return Ok(());
    }
    if repo.status(&found.path)?.operation == Some(Operation::Rebase) {
        // Git counts a branch that is being rebased as checked out.
        repo.rebase_quit(&found.path)?;
    }
    if found.branch.is_some() {
        repo.worktree_detach(&found.path)?;
    }
    match found.locked {
        Some(_) => Ok(()),
        None => Ok(repo.worktree_lock(&found.path, reason)?),
    }
}
