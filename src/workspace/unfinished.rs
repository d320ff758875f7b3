use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::WorkspaceError;
use crate::env::Env;
use crate::git::{Repo, Standing, Worktree};

/// The lock reason that git gives a worktree while it is being made.
const INITIALIZING: &str = "initializing";

/// Age of that lock from which its maker is taken for dead where nothing can be shown of it: twice
/// the time that any git child of ours gets.
const DEAD: Duration = Duration::from_secs(600);

/// How long a worktree that may still be made is watched: longer than a lock must be old to be
/// called stale.
const SETTLED: Duration = Duration::from_millis(2500);

/// Whether a worktree is being made right now, or was when its maker died.
#[must_use]
pub fn is_unfinished(worktree: &Worktree) -> bool {
    worktree.locked.as_deref() == Some(INITIALIZING)
}

/// Clears a worktree whose making a crash ended: its directory moves aside, so that no file is lost,
/// and git forgets it. Returns where it went, if it held anything.
///
/// # Errors
/// [`WorkspaceError::Busy`] while its maker may be alive.
pub fn clear(
    repo: &Repo,
    worktree: &Worktree,
    env: &Env,
) -> Result<Option<PathBuf>, WorkspaceError> {
    let path = &worktree.path;
    let began = env.clock.instant();
    while !is_abandoned(repo, worktree, env) {
        if env.clock.instant() - began > SETTLED {
            return Err(WorkspaceError::Busy { path: path.clone() });
        }
        env.clock.sleep(Duration::from_millis(50));
    }
    // Only an empty directory goes.
    drop(fs::remove_dir(path));
    let mut aside = None;
    if fs::symlink_metadata(path).is_ok() {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!("-unfinished-{}", env.request_id()));
        let to = path.with_file_name(name);
        fs::rename(path, &to).map_err(WorkspaceError::io(path))?;
        aside = Some(to);
    }
    repo.worktree_unlock(path)?;
    repo.worktree_remove(path)?;
    Ok(aside)
}

/// Whether a worktree was being made when its maker died.
#[must_use]
pub fn is_abandoned(repo: &Repo, worktree: &Worktree, env: &Env) -> bool {
    let admin = || repo.admin_dir(&worktree.path);
    let dir = worktree.git_dir.clone().or_else(admin);
    let gone = |dir: &Path| match repo.look_at_lock(&dir.join("locked"), env) {
        Ok(Some(lock)) if lock.is_stale() => true,
        // Where nobody can tell, age has to do.
        Ok(Some(lock)) => matches!(lock.standing, Standing::Doubtful(_)) && is_dead(dir, env),
        _ => false,
    };
    is_unfinished(worktree) && dir.is_some_and(|dir| gone(&dir))
}

fn is_dead(git_dir: &Path, env: &Env) -> bool {
    let made = fs::metadata(git_dir.join("locked")).and_then(|data| data.modified());
    let made = made
        .ok()
        .and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    let now = u64::try_from(env.now().seconds()).unwrap_or(0);
    made.is_some_and(|made| Duration::from_secs(now).saturating_sub(made) > DEAD)
}
