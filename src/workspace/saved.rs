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

/// The ref that keeps `commit` of a task and an epoch once its work ref went on without it:
/// `refs/laneway/work/<ID>/<epoch>-<commit>`. What was handed off is named by records forever.
#[must_use]
pub fn earlier_ref(task: &TaskId, epoch: Epoch, commit: ObjectId) -> String {
    format!("{}-{commit}", work_ref(task, epoch))
}

/// Keeps `commit` alive in the work ref of `task` and `epoch`. Only that epoch's holder may call
/// this, so a value that stands there is an older one of the same work and is replaced; one that
/// `commit` does not reach is kept in its [`earlier_ref`].
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
        let mut edits = vec![RefEdit {
            name: name.clone(),
            expect: from.map_or(Expect::Absent, Expect::At),
            new: Some(commit),
        }];
        if let Some(left) = from.filter(|from| leaves(repo, *from, commit)) {
            let name = earlier_ref(task, epoch, left);
            let expect = repo.tip(&name)?.map_or(Expect::Absent, Expect::At);
            let new = Some(left);
            edits.push(RefEdit { name, expect, new });
        }
        if repo.cas(&edits, "laneway: save", durability)? == Cas::Moved {
            return Ok(Saved::Moved { from });
        }
    }
    Err(GitError::Moved { name }.into())
}

/// Whether `commit` does not reach `earlier`. What is not here cannot be told, nor lost.
#[must_use]
pub fn leaves(repo: &Repo, earlier: ObjectId, commit: ObjectId) -> bool {
    matches!(repo.is_ancestor(earlier, commit), Ok(false))
}

/// A ref that keeps work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRef {
    /// Its full name.
    pub name: String,
    /// Whose work.
    pub task: TaskId,
    /// Under which epoch.
    pub epoch: Epoch,
    /// Where it stands.
    pub commit: ObjectId,
}

/// All work refs of this repository, also those of earlier commits. Names that no build writes are
/// left out.
///
/// # Errors
/// [`WorkspaceError::Git`].
pub fn work_refs(repo: &Repo) -> Result<Vec<WorkRef>, WorkspaceError> {
    let refs = repo.refs_with_prefix(PREFIX)?.into_iter();
    Ok(refs
        .filter_map(|(name, commit)| {
            let (task, epoch) = name.strip_prefix(PREFIX)?.split_once('/')?;
            let (epoch, earlier) = match epoch.split_once('-') {
                Some((epoch, earlier)) => (epoch, Some(earlier)),
                None => (epoch, None),
            };
            if earlier.is_some_and(|earlier| earlier != commit.to_string()) {
                return None;
            }
            let (task, epoch) = (TaskId::new(task).ok()?, Epoch(epoch.parse().ok()?));
            Some(WorkRef {
                name,
                task,
                epoch,
                commit,
            })
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
        let stand = |commit, name| WorkRef {
            name,
            task: task.clone(),
            epoch: Epoch(2),
            commit,
        };
        let name = work_ref(&task, Epoch(2));
        assert_eq!(refs, [stand(next, name.clone())]);
        // Work that is made anew leaves the earlier one where it can be found.
        let anew = field.base;
        assert_eq!(save(anew), Saved::Moved { from: Some(next) });
        let earlier = earlier_ref(&task, Epoch(2), next);
        let mut refs = work_refs(&field.repo).unwrap();
        refs.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(refs, [stand(anew, name), stand(next, earlier)]);
        assert_eq!(save(next), Saved::Moved { from: Some(anew) });
        assert_eq!(save(anew), Saved::Moved { from: Some(next) });
        assert_eq!(work_refs(&field.repo).unwrap().len(), 2);
    }
}
