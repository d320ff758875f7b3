use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::WorkspaceError;
use crate::domain::id::ObjectId;
use crate::env::Env;
use crate::git::{Checkout, GitError, Repo};
use crate::process::Owner;
use crate::process::interrupt::Watch;
use crate::process::{own_dir, read_own};

/// Largest signature of who made a scratch worktree, in bytes.
const MAX: usize = 4096;

/// How the directories are called; the process id and a random id follow.
const PREFIX: &str = "laneway-check-";

/// How often making one is tried again when git meets another's step.
const TRIES: u32 = 8;

/// A temporary detached worktree of one commit, for checks of what is about to land. It goes with
/// the value, with everything that was built in it.
#[derive(Debug)]
pub struct Scratch {
    repo: Repo,
    path: PathBuf,
    there: bool,
    /// An interrupted process removes it first.
    _watch: Watch,
}

impl Scratch {
    /// Checks `commit` out in a new directory below `base`.
    ///
    /// # Errors
    /// [`WorkspaceError::Git`], such as a failing filter; nothing is left then.
    pub fn make(
        repo: &Repo,
        commit: ObjectId,
        base: &Path,
        env: &Env,
    ) -> Result<Self, WorkspaceError> {
        fs::create_dir_all(base).map_err(WorkspaceError::io(base))?;
        let base = base.canonicalize().map_err(WorkspaceError::io(base))?;
        let name = format!("{PREFIX}{}-{}", env.pid, env.request_id());
        let scratch = Self {
            repo: repo.clone(),
            path: base.join(name),
            there: true,
            _watch: Watch::begin(),
        };
        let mut tried = 0;
        while let Err(error) = repo.worktree_add(&scratch.path, &Checkout::Detached(commit)) {
            tried += 1;
            let passes = match &error {
                GitError::Git { stderr, .. } => {
                    stderr.contains("commondir") || stderr.contains(".lock")
                }
                error => matches!(error, GitError::Locked { .. }),
            };
            if tried == TRIES || !passes {
                return Err(error.into());
            }
            env.clock.sleep(Duration::from_millis(10 + env.jitter(40)));
        }
        scratch.sign(env)?;
        Ok(scratch)
    }

    /// Its root.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it, and says when that cannot be done.
    ///
    /// # Errors
    /// [`WorkspaceError::Io`] when a file cannot be deleted; [`WorkspaceError::Git`].
    pub fn remove(mut self) -> Result<(), WorkspaceError> {
        self.there = false;
        discard(&self.repo, &self.path)
    }

    /// Names this process as the owner, in the worktree's own git directory.
    fn sign(&self, env: &Env) -> Result<(), WorkspaceError> {
        let dir = self.repo.beside(&self.path)?.git_dir().join("laneway");
        let path = dir.join("scratch.json");
        let io = |error: io::Error| WorkspaceError::io(&path)(error);
        own_dir(&dir).map_err(io)?;
        let file = fs::File::create_new(&path).map_err(io)?;
        serde_json::to_writer(file, &Owner::this(env)).map_err(|error| io(error.into()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.there {
            drop(discard(&self.repo, &self.path));
        }
    }
}

/// Removes the scratch worktrees of processes that are gone; their paths.
///
/// # Errors
/// [`WorkspaceError::Git`] when the worktrees cannot be listed. One that cannot be removed stays.
pub fn prune_scratch(repo: &Repo, env: &Env) -> Result<Vec<PathBuf>, WorkspaceError> {
    let mut removed = left_scratches(repo, env)?;
    removed.retain(|path| discard(repo, path).is_ok());
    Ok(removed)
}

/// The scratch worktrees of processes that are gone.
///
/// # Errors
/// [`WorkspaceError::Git`] when the worktrees cannot be listed.
pub fn left_scratches(repo: &Repo, env: &Env) -> Result<Vec<PathBuf>, WorkspaceError> {
    let mut left = Vec::new();
    let home = repo.common_dir().join("laneway/tmp");
    for worktree in repo.worktrees()?.into_iter().skip(1) {
        let name = worktree.path.file_name().unwrap_or_default();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
            continue;
        };
        let signed = worktree.git_dir.and_then(|dir| {
            let bytes = read_own(&dir.join("laneway/scratch.json"), MAX).ok()?;
            serde_json::from_slice::<Owner>(&bytes).ok()
        });
        // One that died before it signed is known by the id in its name, and by its place: elsewhere
        // a person may have made one of that name.
        let owner = signed.or_else(|| {
            let ours = worktree.path.starts_with(&home);
            Some(Owner {
                pid: rest.split('-').next().filter(|_| ours)?.parse().ok()?,
                host: env.host.clone(),
                boot: String::new(),
                start: 0,
                namespace: String::new(),
            })
        });
        let gone = owner.is_some_and(|owner| owner.is_gone(env));
        let detached = worktree.branch.is_none();
        if gone && detached {
            left.push(worktree.path);
        }
    }
    Ok(left)
}

/// Deletes the directory with all that was built in it, then git's notion of it.
fn discard(repo: &Repo, path: &Path) -> Result<(), WorkspaceError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(WorkspaceError::io(path)(error));
        }
        _ => {}
    }
    Ok(repo.worktree_remove(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::{Field, dead_pid, put, read};

    #[test]
    fn a_scratch_shows_its_commit_and_goes_with_the_value() {
        let field = Field::new();
        let base = field.path("tmp");
        let scratch = Scratch::make(&field.repo, field.base, &base, &field.env).unwrap();
        assert_eq!(read(&scratch.path().join("a")), "1\n");
        put(&scratch.path().join("built/x"), "x");
        put(&scratch.path().join("a"), "changed");
        let path = scratch.path().to_owned();
        drop(scratch);
        assert!(!path.exists());
        let again = Scratch::make(&field.repo, field.base, &base, &field.env).unwrap();
        again.remove().unwrap();
        assert_eq!(field.repo.worktrees().unwrap().len(), 1);
    }

    #[test]
    fn only_scratches_of_the_dead_are_pruned() {
        let field = Field::new();
        let base = field.path("tmp");
        let mine = Scratch::make(&field.repo, field.base, &base, &field.env).unwrap();
        let mut dead = field.env.clone();
        dead.pid = dead_pid();
        let left = Scratch::make(&field.repo, field.base, &base, &dead).unwrap();
        let path = left.path().to_owned();
        std::mem::forget(left);
        let removed = prune_scratch(&field.repo, &field.env).unwrap();
        assert_eq!(removed, [path]);
        assert!(mine.path().exists());
    }
}
