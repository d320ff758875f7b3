use std::collections::BTreeMap;

use super::WorkspaceError;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::state::Epoch;
use crate::git::{Cas, Durability, Expect, GitError, RefEdit, Repo};

/// Where all work refs stand.
const PREFIX: &str = "refs/laneway/work/";

/// How often a work ref that moves meanwhile is tried again.
const TRIES: usize = 3;

/// What saving came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The work ref stands at the commit now.
    Moved {
        /// Where it stood before.
        from: Option<ObjectId>,
    },
    /// It stood there already: nothing to save.
    Unchanged,
}

/// The ref that keeps the work of a task under an epoch: `refs/laneway/work/<ID>/<epoch>`.
#[must_use]
pub fn work_ref(task: &TaskId, epoch: Epoch) -> String {
    format!("{PREFIX}{task}/{epoch}")
}

/// Keeps `commit` alive in the work ref of `task` and `epoch`. Only that epoch's holder may call
/// this, so a value that stands there is an older one of the same work and is replaced.
///
/// # Errors
/// [`WorkspaceError::Git`], such as a missing commit.
pub fn save(
    repo: &Repo,
    task: &TaskId,
    epoch: Epoch,
    commit: ObjectId,
    durability: Durability,
) -> Result<Saved, WorkspaceError> {
    let name = work_ref(task, epoch);
    repo.commit(commit)?;
    for _ in 0..TRIES {
        let from = repo.tip(&name)?;
        if from == Some(commit) {
            return Ok(Saved::Unchanged);
        }
        let edit = RefEdit {
            name: name.clone(),
            expect: from.map_or(Expect::Absent, Expect::At),
            new: Some(commit),
        };
        if repo.cas(&[edit], "laneway: save", durability)? == Cas::Moved {
            return Ok(Saved::Moved { from });
        }
    }
    Err(GitError::Moved { name }.into())
}

/// All work refs of this repository. Names that no build writes are left out.
///
/// # Errors
/// [`WorkspaceError::Git`].
pub fn work_refs(repo: &Repo) -> Result<BTreeMap<(TaskId, Epoch), ObjectId>, WorkspaceError> {
    let refs = repo.refs_with_prefix(PREFIX)?.into_iter();
    Ok(refs
        .filter_map(|(name, id)| {
            let (task, epoch) = name.strip_prefix(PREFIX)?.split_once('/')?;
            let epoch = Epoch(epoch.parse().ok()?);
            Some(((TaskId::new(task).ok()?, epoch), id))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::{Field, commit};

    #[test]
    fn a_work_ref_follows_its_epoch_and_says_when_there_is_nothing_to_save() {
        let field = Field::new();
        let task = TaskId::new("A-1").unwrap();
        let save = |commit| save(&field.repo, &task, Epoch(2), commit, Durability::Fast).unwrap();
        assert_eq!(save(field.base), Saved::Moved { from: None });
        assert_eq!(save(field.base), Saved::Unchanged);
        let next = commit(&field.main(), &[("a", "2\n")]);
        let from = Some(field.base);
        assert_eq!(save(next), Saved::Moved { from });
        let refs = work_refs(&field.repo).unwrap();
        assert_eq!(
            refs.into_iter().collect::<Vec<_>>(),
            [((task, Epoch(2)), next)]
        );
    }
}
