use std::path::{Path, PathBuf};

use crate::git::Repo;
use crate::ops::OpError;

/// Whose a directory of hooks is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// This repository's alone, for all its worktrees.
    Repository,
    /// Of more than this repository, of less, or of another tool: why.
    Elsewhere(String),
}

/// The directory of hooks, and whose it is.
pub(super) fn of(repo: &Repo) -> Result<(PathBuf, Reach), OpError> {
    let home = repo.hooks_home()?;
    let common = resolved(&repo.common_dir());
    let real = resolved(&home.dir);
    let reach = match &home.configured {
        Some(path) if path.is_relative() && repo.work_dir().is_some() => {
            let why = format!(
                "`core.hooksPath` ({}) is {}: every worktree has its own, and a lane none",
                path.scope, path.value
            );
            Reach::Elsewhere(why)
        }
        Some(path) if !real.starts_with(&common) => {
            let why = format!(
                "`core.hooksPath` ({}) is {}, which is not this repository's alone",
                path.scope, path.value
            );
            Reach::Elsewhere(why)
        }
        None if !real.starts_with(&common) => {
            let why = format!("{} leads to {}", home.dir.display(), real.display());
            Reach::Elsewhere(why)
        }
        _ => Reach::Repository,
    };
    Ok((home.dir, reach))
}

/// The path without symbolic links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => path.to_owned(),
    })
}
