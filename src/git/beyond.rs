use super::repo::{ours, theirs};
use super::{GitError, Repo};
use crate::domain::id::ObjectId;

impl Repo {
    /// The commits that `tip` reaches and none of `kept` does, newest first: what would be lost with
    /// `tip`. Kept commits that are not in this repository keep nothing here.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when `tip` is not here; [`GitError::Library`] when history is cut
    /// off.
    pub fn commits_beyond(
        &self,
        tip: ObjectId,
        kept: &[ObjectId],
    ) -> Result<Vec<ObjectId>, GitError> {
        self.commit(tip)?;
        if kept.contains(&tip) {
            return Ok(Vec::new());
        }
        let doing = || format!("list the commits of {tip} that nothing else keeps");
        let hidden = kept.iter().filter(|id| self.commit(**id).is_ok());
        let newest = gix::traverse::commit::simple::CommitTimeOrder::NewestFirst;
        let walk = self
            .inner
            .rev_walk([theirs(tip)])
            .with_hidden(hidden.map(|id| theirs(*id)))
            .sorting(gix::revision::walk::Sorting::ByCommitTime(newest))
            .all()
            .map_err(|error| GitError::library(doing(), &error))?;
        let mut beyond = Vec::new();
        for info in walk {
            let info = info.map_err(|error| GitError::library(doing(), &error))?;
            beyond.extend(ours(&info.id));
        }
        Ok(beyond)
    }
}
