//! What stands where a lane is to be, and whose it is: decided in one place, for the claim that asks
//! and for the opening that acts (P3).

use std::fs;
use std::path::Path;

use super::{Binding, Obstacle, WorkspaceError, unfinished};
use crate::domain::id::{BranchName, ObjectId};
use crate::git::{Dirs, Repo, Worktree};

/// What a lane's directory and branch are taken by, as far as that does not stop it.
#[derive(Debug)]
pub enum Place {
    /// A worktree that is being made, or was when its maker died.
    Unfinished(Worktree),
    /// A worktree of this repository stands in the directory.
    Ours(Worktree),
    /// Nothing, or an empty directory.
    Free {
        /// Worktrees that are still registered there, or for the branch, and whose files are gone.
        gone: Vec<Worktree>,
    },
}

/// Looks at the place of the lane on `branch` at `path`. Changes nothing.
///
/// # Errors
/// [`WorkspaceError::BranchElsewhere`]; [`Occupied`](WorkspaceError::Occupied) and
/// [`OtherClone`](WorkspaceError::OtherClone): what is there, and whose it is;
/// [`Unsafe`](WorkspaceError::Unsafe) for a lock on what is gone: it stands on a disk that comes
/// back. Of git and the file system.
pub fn find(repo: &Repo, path: &Path, branch: &BranchName) -> Result<Place, WorkspaceError> {
    let free = empty(repo, path);
    // Looked for afterwards: a worktree that is being made is listed before it has files.
    let worktrees = repo.worktrees()?;
    let at_path = |known: &Worktree| same(&known.path, path);
    let here = worktrees.iter().find(|known| at_path(known));
    let full = branch.full();
    let holder = |known: &&Worktree| known.branch.as_deref() == Some(&full) && !at_path(known);
    let holders: Vec<&Worktree> = worktrees.iter().filter(holder).collect();
    let mut known = here.into_iter().chain(holders.iter().copied());
    if let Some(unfinished) = known.find(|known| unfinished::is_unfinished(known)) {
        return Ok(Place::Unfinished(unfinished.clone()));
    }
    if let Some(holder) = holders.iter().find(|holder| !is_gone(holder)) {
        return Err(WorkspaceError::BranchElsewhere {
            branch: branch.clone(),
            path: holder.path.clone(),
        });
    }
    if let Some(here) = here.filter(|here| here.git_dir.is_some()) {
        return Ok(Place::Ours(here.clone()));
    }
    free?;
    let gone: Vec<Worktree> = here.into_iter().chain(holders).cloned().collect();
    let locked = |gone: &Worktree| Some((gone.path.clone(), gone.locked.clone()?));
    match gone.iter().find_map(locked) {
        None => Ok(Place::Free { gone }),
        Some((path, reason)) => Err(WorkspaceError::Unsafe {
            path,
            obstacles: vec![Obstacle::Locked(reason)],
        }),
    }
}

/// What stands in the directory of a worktree that is registered, as far as its files tell. Nothing
/// of another repository is opened or run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stands {
    /// The worktree.
    Worktree,
    /// A part of it: somebody makes it, or died over it.
    Unfinished,
    /// Nothing.
    Gone,
    /// Something else, in words.
    Other(String),
}

impl Stands {
    /// Looks at the directory of `worktree`.
    #[must_use]
    pub fn at(repo: &Repo, worktree: &Worktree) -> Self {
        let path = &worktree.path;
        if unfinished::is_unfinished(worktree) {
            return Self::Unfinished;
        }
        if is_gone(worktree) {
            return Self::Gone;
        }
        if worktree.git_dir.is_some() {
            return Self::Worktree;
        }
        Self::Other(match empty(repo, path) {
            Ok(()) => "an empty directory".to_owned(),
            Err(WorkspaceError::Occupied { what, .. }) => what,
            Err(WorkspaceError::OtherClone { clone, .. }) => {
                format!("a lane of another clone, {}", clone.display())
            }
            Err(error) => error.to_string(),
        })
    }
}

/// Whether a worktree is registered but its directory is not there.
fn is_gone(worktree: &Worktree) -> bool {
    fs::symlink_metadata(&worktree.path).is_err()
}

/// The commit that our worktree in a lane's directory shows, if it is this lane's and has no change
/// that would be lost.
///
/// # Errors
/// [`WorkspaceError::Occupied`], [`Unsafe`](WorkspaceError::Unsafe); of git.
pub(super) fn usable(
    repo: &Repo,
    path: &Path,
    branch: &BranchName,
    here: &Worktree,
) -> Result<ObjectId, WorkspaceError> {
    let occupied = |what: String| WorkspaceError::Occupied {
        path: path.to_owned(),
        what,
    };
    let inside = repo.status(&here.path)?;
    let mut obstacles: Vec<Obstacle> = inside.dirty.into_iter().map(Obstacle::Dirty).collect();
    obstacles.extend(inside.operation.map(Obstacle::Operation));
    if here.branch.as_deref() != Some(&branch.full()) && inside.operation.is_none() {
        return Err(occupied(told(here)));
    }
    if !obstacles.is_empty() {
        return Err(WorkspaceError::Unsafe {
            path: path.to_owned(),
            obstacles,
        });
    }
    here.head
        .ok_or_else(|| occupied("a worktree whose branch is gone".to_owned()))
}

/// Accepts a path where nothing stands, or an empty directory.
pub(super) fn empty(repo: &Repo, path: &Path) -> Result<(), WorkspaceError> {
    let occupied = |what: String| WorkspaceError::Occupied {
        path: path.to_owned(),
        what,
    };
    let data = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        data => data.map_err(WorkspaceError::io(path))?,
    };
    if data.is_symlink() {
        return Err(occupied("a symbolic link".to_owned()));
    }
    if !data.is_dir() {
        return Err(occupied("a file".to_owned()));
    }
    let mut entries = fs::read_dir(path).map_err(WorkspaceError::io(path))?;
    match entries.next() {
        None => Ok(()),
        Some(_) if fs::symlink_metadata(path.join(".git")).is_ok() => Err(foreign(repo, path)),
        Some(_) => Err(occupied("a directory that is not empty".to_owned())),
    }
}

/// A checkout that is not ours to use: whose it is, and who works there.
fn foreign(repo: &Repo, path: &Path) -> WorkspaceError {
    let occupied = |what: String| WorkspaceError::Occupied {
        path: path.to_owned(),
        what,
    };
    // Nothing of it is run or opened; one without git directories is named by what it is.
    let Some(other) = Dirs::at(path) else {
        return occupied("another repository".to_owned());
    };
    let whose = other.common_dir;
    if same(&whose, &repo.common_dir()) {
        return occupied("a worktree that git has registered elsewhere".to_owned());
    }
    let clone = match whose.file_name() {
        Some(name) if name == ".git" => whose.parent().unwrap_or(&whose).to_owned(),
        _ => whose,
    };
    match Binding::read(&other.git_dir) {
        Ok(Some(bound)) => WorkspaceError::OtherClone {
            path: path.to_owned(),
            clone,
            bound: Box::new(bound),
        },
        _ if same(&clone, path) => occupied("another repository".to_owned()),
        _ => occupied(format!(
            "a worktree of another repository, {}",
            clone.display()
        )),
    }
}

fn told(worktree: &Worktree) -> String {
    match (&worktree.branch, worktree.head) {
        (Some(name), _) => {
            let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
            format!("a worktree on branch `{}`", branch.escape_debug())
        }
        (None, Some(head)) => format!("a worktree detached at {}", head.short()),
        (None, None) => "a worktree".to_owned(),
    }
}

/// Whether two paths are one place.
pub(super) fn same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| {
        let whole = path.canonicalize();
        whole.unwrap_or_else(|_| match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => parent
                .canonicalize()
                .map_or_else(|_| path.to_owned(), |parent| parent.join(name)),
            _ => path.to_owned(),
        })
    };
    one == other || real(one) == real(other)
}
