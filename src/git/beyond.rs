use std::collections::{BTreeSet, VecDeque};

use super::repo::theirs;
use super::{GitError, Repo};
use crate::domain::id::ObjectId;

impl Repo {
    /// The commits that `tip` reaches and none of `kept` does, newest first: what would be lost with
    /// `tip`. Kept commits that are not in this repository keep nothing here, and what a shallow
    /// clone lacks is not lost by it.
    ///
    /// Exact whatever commit dates say: unless `tip` shows up early, all that `kept` reaches is
    /// walked.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when `tip` is not here.
    pub fn commits_beyond(
        &self,
        tip: ObjectId,
        kept: &[ObjectId],
    ) -> Result<Vec<ObjectId>, GitError> {
        self.commit(tip)?;
        let mut behind = BTreeSet::new();
        let mut queue: VecDeque<ObjectId> = kept.iter().copied().collect();
        while let Some(id) = queue.pop_front() {
            if id == tip {
                return Ok(Vec::new());
            }
            if behind.insert(id) {
                queue.extend(self.parents_here(id)?);
            }
        }
        let mut beyond = BTreeSet::new();
        let mut dated = Vec::new();
        let mut stack = vec![tip];
        while let Some(id) = stack.pop() {
            if !behind.contains(&id) && self.exists(id) && beyond.insert(id) {
                dated.push((self.commit(id)?.committer.seconds, id));
                stack.extend(self.parents_here(id)?);
            }
        }
        dated.sort_by_key(|(seconds, _)| std::cmp::Reverse(*seconds));
        Ok(dated.into_iter().map(|(_, id)| id).collect())
    }

    /// How many commits `tip` reaches and `base` does not, for people: the walk goes by commit dates
    /// and may count too many where clocks lied. To decide, use
    /// [`commits_beyond`](Self::commits_beyond).
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when either is not here; [`GitError::Library`].
    pub fn count_beyond(&self, tip: ObjectId, base: ObjectId) -> Result<usize, GitError> {
        self.commit(tip)?;
        self.commit(base)?;
        let doing = || format!("count the commits from {base} to {tip}");
        let walk = self
            .inner
            .rev_walk([theirs(tip)])
            .with_hidden([theirs(base)])
            .all()
            .map_err(|error| GitError::library(doing(), &error))?;
        let mut count = 0;
        for info in walk {
            info.map_err(|error| GitError::library(doing(), &error))?;
            count += 1;
        }
        Ok(count)
    }

    /// The parents of a commit; none of one that is not here.
    fn parents_here(&self, id: ObjectId) -> Result<Vec<ObjectId>, GitError> {
        match self.parents(id) {
            Err(GitError::MissingObject { .. }) => Ok(Vec::new()),
            parents => parents,
        }
    }
}
