use std::collections::BTreeSet;

use gix::objs::{CommitRefIter, Kind};

use super::objects::id_kind;
use super::repo::{ours, theirs};
use super::{GitError, Repo};
use crate::domain::id::ObjectId;

impl Repo {
    /// Whether `a` is `b` or an ancestor of it.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when either is not here.
    pub fn is_ancestor(&self, a: ObjectId, b: ObjectId) -> Result<bool, GitError> {
        Ok(a == b || self.merge_base(a, b)? == Some(a))
    }

    /// The best common ancestor of two commits; `None` when their histories share nothing.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when either is not here.
    pub fn merge_base(&self, a: ObjectId, b: ObjectId) -> Result<Option<ObjectId>, GitError> {
        self.require(a)?;
        self.require(b)?;
        let base = self.inner.merge_base(theirs(a), theirs(b));
        match base {
            Ok(base) => Ok(base.and_then(|id| ours(&id))),
            Err(error) => Err(GitError::library(
                format!("find the merge base of {a} and {b}"),
                &error,
            )),
        }
    }

    /// `from`, its first parent, that one's first parent, … to the root. In a shallow clone the
    /// last item is a [`GitError::MissingObject`].
    pub fn first_parents(
        &self,
        from: ObjectId,
    ) -> impl Iterator<Item = Result<ObjectId, GitError>> + '_ {
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let id = next.take()?;
            match self.parents(id) {
                Ok(parents) => next = parents.first().copied(),
                Err(error) => return Some(Err(error)),
            }
            Some(Ok(id))
        })
    }

    /// The commits that `tip` reaches and `base` does not, oldest first: parents stand before their
    /// children.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when history is cut off before `base`.
    pub fn commits_between(
        &self,
        base: ObjectId,
        tip: ObjectId,
    ) -> Result<Vec<ObjectId>, GitError> {
        self.require(base)?;
        self.require(tip)?;
        let doing = || format!("walk from {tip} to {base}");
        let walk = self
            .inner
            .rev_walk([theirs(tip)])
            .with_hidden([theirs(base)])
            .all();
        let walk = walk.map_err(|error| GitError::library(doing(), &error))?;
        let mut inside = BTreeSet::new();
        for info in walk {
            let info = info.map_err(|error| GitError::library(doing(), &error))?;
            inside.extend(ours(&info.id));
        }
        self.parents_first(tip, &inside)
    }

    /// Which of `wanted` are `tip` or ancestors of it. One walk, which ends as soon as all are
    /// found.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when `tip` is not here.
    pub fn reachable_among(
        &self,
        tip: ObjectId,
        wanted: &BTreeSet<ObjectId>,
    ) -> Result<BTreeSet<ObjectId>, GitError> {
        let mut found = BTreeSet::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        self.require(tip)?;
        let doing = || format!("walk from {tip}");
        let newest = gix::traverse::commit::simple::CommitTimeOrder::NewestFirst;
        let walk = self
            .inner
            .rev_walk([theirs(tip)])
            .sorting(gix::revision::walk::Sorting::ByCommitTime(newest))
            .all()
            .map_err(|error| GitError::library(doing(), &error))?;
        for info in walk {
            let info = info.map_err(|error| GitError::library(doing(), &error))?;
            found.extend(ours(&info.id).filter(|id| wanted.contains(id)));
            if found.len() == wanted.len() {
                break;
            }
        }
        Ok(found)
    }

    /// The parents of a commit.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::WrongKind`].
    pub fn parents(&self, commit: ObjectId) -> Result<Vec<ObjectId>, GitError> {
        let object = self.object(commit, Kind::Commit)?;
        let parents = CommitRefIter::from_bytes(&object.data, id_kind(commit)).parent_ids();
        Ok(parents.filter_map(|id| ours(&id)).collect())
    }

    /// Orders `inside` from `tip` back so that parents stand first; equal ranks follow the order of
    /// parents, so the result depends on the commits alone.
    fn parents_first(
        &self,
        tip: ObjectId,
        inside: &BTreeSet<ObjectId>,
    ) -> Result<Vec<ObjectId>, GitError> {
        let mut ordered = Vec::with_capacity(inside.len());
        let mut entered = BTreeSet::new();
        let mut stack = vec![(tip, false)];
        while let Some((id, parents_done)) = stack.pop() {
            if parents_done {
                ordered.push(id);
            } else if inside.contains(&id) && entered.insert(id) {
                stack.push((id, true));
                stack.extend(
                    self.parents(id)?
                        .into_iter()
                        .rev()
                        .map(|parent| (parent, false)),
                );
            }
        }
        Ok(ordered)
    }

    fn require(&self, commit: ObjectId) -> Result<(), GitError> {
        self.object(commit, Kind::Commit).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::{Lab, write};

    #[test]
    fn ancestors_bases_and_ranges() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let root = write(&repo, &[], &[("a", Some("0"))]);
        let left = write(&repo, &[root], &[("a", Some("1"))]);
        let right = write(&repo, &[root], &[("b", Some("1"))]);
        let more = write(&repo, &[right], &[("b", Some("2"))]);
        let merge = write(&repo, &[left, more], &[("b", Some("2"))]);
        let alien = write(&repo, &[], &[("z", Some("z"))]);
        assert!(repo.is_ancestor(root, merge).unwrap() && repo.is_ancestor(more, merge).unwrap());
        assert!(repo.is_ancestor(left, left).unwrap());
        assert!(!repo.is_ancestor(left, more).unwrap() && !repo.is_ancestor(merge, left).unwrap());
        assert_eq!(repo.merge_base(left, more).unwrap(), Some(root));
        assert_eq!(repo.merge_base(left, alien).unwrap(), None);
        assert_eq!(
            repo.commits_between(root, merge).unwrap(),
            [left, right, more, merge]
        );
        assert_eq!(
            repo.commits_between(left, merge).unwrap(),
            [right, more, merge]
        );
        assert_eq!(repo.commits_between(merge, root).unwrap(), []);
        let line: Result<Vec<_>, _> = repo.first_parents(merge).collect();
        assert_eq!(line.unwrap(), [merge, left, root]);
        let wanted = BTreeSet::from([root, alien, more]);
        let found = repo.reachable_among(merge, &wanted).unwrap();
        assert_eq!(found, BTreeSet::from([root, more]));
    }
}
