use std::collections::BTreeSet;

use gix::objs::{CommitRefIter, Kind};

use super::objects::id_kind;
use super::repo::{ours, theirs};
use super::{GitError, Repo};
use crate::domain::id::ObjectId;

/// Commits of a line that are looked at before a general walk.
const NEAR: usize = 64;

/// A commit as a step of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When it was made, by its committer, in seconds since 1970.
    pub seconds: i64,
    /// The commit before it.
    pub parent: Option<ObjectId>,
}

impl Repo {
    /// Whether `a` is `b` or an ancestor of it. Commit dates have no say: where a quick look does
    /// not settle it, the history of `b` is walked until `a` is found or nothing is left.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when either is not here.
    pub fn is_ancestor(&self, a: ObjectId, b: ObjectId) -> Result<bool, GitError> {
        if a == b {
            return self.require(a).map(|()| true);
        }
        match self.quick_base(a, b)? {
            Some(base) if base == a => Ok(true),
            Some(base) if base == b => Ok(false),
            _ => Ok(!self.reachable_among(b, &BTreeSet::from([a]))?.is_empty()),
        }
    }

    /// The best common ancestor of two commits; `None` when their histories share nothing. Of
    /// several, the one with the newest date, then the greatest id.
    ///
    /// Where neither descends from the other, the whole history of `a` is walked, so that the
    /// answer depends on the commits alone.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when either is not here.
    pub fn merge_base(&self, a: ObjectId, b: ObjectId) -> Result<Option<ObjectId>, GitError> {
        if let Some(base) = self.quick_base(a, b)?.filter(|base| [a, b].contains(base)) {
            return Ok(Some(base));
        }
        let behind = self.all_behind(a)?;
        let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
        let mut stack = vec![b];
        while let Some(id) = stack.pop() {
            if behind.contains(&id) {
                shared.insert(id);
            } else if seen.insert(id) {
                stack.extend(self.parents(id)?);
            }
        }
        let mut best = None;
        for base in &shared {
            let newer = shared.iter().filter(|other| *other != base);
            let reached: Result<Vec<bool>, _> =
                newer.map(|other| self.is_ancestor(*base, *other)).collect();
            if !reached?.contains(&true) {
                best = best.max(Some((self.commit(*base)?.committer.seconds, *base)));
            }
        }
        Ok(best.map(|(_, id)| id))
    }

    /// Whether `a` stands among the last commits of `b`'s line: how nearly every question about a
    /// ledger is settled, in microseconds.
    fn near(&self, a: ObjectId, b: ObjectId) -> Result<bool, GitError> {
        for commit in self.first_parents(b).take(NEAR) {
            match commit {
                Ok(commit) if commit == a => return Ok(true),
                Ok(_) => {}
                // The edge of a shallow clone: a general walk knows how to end there.
                Err(GitError::MissingObject { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    /// What gix takes for the merge base. Only an answer that is `a` or `b` itself is certain: its
    /// walk goes by commit dates, and a clock that lied can end it early.
    fn quick_base(&self, a: ObjectId, b: ObjectId) -> Result<Option<ObjectId>, GitError> {
        self.require(a)?;
        self.require(b)?;
        if self.near(a, b)? {
            return Ok(Some(a));
        }
        if self.near(b, a)? {
            return Ok(Some(b));
        }
        match self.inner.merge_base(theirs(a), theirs(b)) {
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
        if let Some(line) = self.line_between(base, tip)? {
            return Ok(line);
        }
        let behind = self.all_behind(base)?;
        let mut inside = BTreeSet::new();
        let mut stack = vec![tip];
        while let Some(id) = stack.pop() {
            if !behind.contains(&id) && inside.insert(id) {
                stack.extend(self.parents(id)?);
            }
        }
        self.parents_first(tip, &inside)
    }

    /// The commits from `base` to `tip` when they are a line without merges, the common case.
    fn line_between(
        &self,
        base: ObjectId,
        tip: ObjectId,
    ) -> Result<Option<Vec<ObjectId>>, GitError> {
        let mut line = Vec::new();
        let mut here = tip;
        while here != base {
            line.push(here);
            match self.parents(here)?.as_slice() {
                [parent] => here = *parent,
                _ => return Ok(None),
            }
        }
        line.reverse();
        Ok(Some(line))
    }

    /// `from` and all its ancestors. The whole history is walked: a walk that stops by commit dates
    /// (as gix's does for hidden tips) answers wrongly where a clock lied.
    fn all_behind(&self, from: ObjectId) -> Result<BTreeSet<ObjectId>, GitError> {
        let doing = || format!("walk from {from}");
        let walk = self.inner.rev_walk([theirs(from)]).all();
        let walk = walk.map_err(|error| GitError::library(doing(), &error))?;
        let mut found = BTreeSet::new();
        for info in walk {
            let info = info.map_err(|error| GitError::library(doing(), &error))?;
            found.extend(ours(&info.id));
        }
        Ok(found)
    }

    /// `tip` and all its ancestors, newest first.
    ///
    /// # Errors
    /// [`GitError::MissingObject`] when `tip` is not here.
    pub fn ancestors(&self, tip: ObjectId) -> Result<Vec<ObjectId>, GitError> {
        self.require(tip)?;
        let doing = || format!("walk from {tip}");
        let walk = self.inner.rev_walk([theirs(tip)]).all();
        let walk = walk.map_err(|error| GitError::library(doing(), &error))?;
        let mut all = Vec::new();
        for info in walk {
            let info = info.map_err(|error| GitError::library(doing(), &error))?;
            all.extend(ours(&info.id));
        }
        Ok(all)
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

    /// The moment and the first parent of a commit, by one object read.
    ///
    /// # Errors
    /// As [`parents`](Self::parents); [`GitError::Library`] when it is damaged.
    pub fn step(&self, commit: ObjectId) -> Result<Step, GitError> {
        let object = self.object(commit, Kind::Commit)?;
        let tokens = CommitRefIter::from_bytes(&object.data, id_kind(commit));
        let parent = tokens.parent_ids().next();
        let committer = tokens.committer();
        let committer = committer
            .map_err(|error| GitError::library(format!("decode commit {commit}"), &error))?;
        Ok(Step {
            seconds: committer.seconds(),
            parent: parent.and_then(|id| ours(&id)),
        })
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
    use crate::git::testing::{Lab, signature, write};

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

    /// A repeatable stream of numbers below `limit`.
    fn dice(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        move |limit| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % limit as u64) as usize
        }
    }

    #[test]
    fn lying_clocks_change_no_answer() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let mut writer = repo.writer();
        let tree = writer.tree::<&str>(None, &[]).unwrap();
        for seed in 1..16 {
            let mut roll = dice(seed);
            let mut commits: Vec<ObjectId> = Vec::new();
            let mut reach: Vec<BTreeSet<ObjectId>> = Vec::new();
            for n in 0..18 {
                let wanted = if n == 0 { 0 } else { 1 + roll(2) };
                let picks: BTreeSet<usize> = (0..wanted).map(|_| n - 1 - roll(n.min(5))).collect();
                let seconds = 1_700_000_000 + roll(2_000_000) as i64;
                let who = super::super::Signature {
                    seconds,
                    ..signature()
                };
                let commit = super::super::NewCommit {
                    tree,
                    parents: picks.iter().map(|at| commits[*at]).collect(),
                    author: who.clone(),
                    committer: who,
                    message: format!("{seed} {n}\n"),
                };
                let id = writer.commit(&commit).unwrap();
                let mut all: BTreeSet<_> = picks
                    .iter()
                    .flat_map(|at| reach[*at].iter().copied())
                    .collect();
                all.insert(id);
                commits.push(id);
                reach.push(all);
            }
            for (a, from) in commits.iter().enumerate() {
                for (b, to) in commits.iter().enumerate() {
                    let expected = reach[b].contains(from);
                    assert_eq!(
                        repo.is_ancestor(*from, *to).unwrap(),
                        expected,
                        "{seed} {a} {b}"
                    );
                    let base = repo.merge_base(*from, *to).unwrap();
                    let shared: BTreeSet<_> = reach[a].intersection(&reach[b]).copied().collect();
                    let at = base.and_then(|base| commits.iter().position(|id| *id == base));
                    let best = at.is_some_and(|at| {
                        let above = |id: &ObjectId| {
                            let other = commits.iter().position(|c| c == id).unwrap();
                            other != at && reach[other].contains(&commits[at])
                        };
                        shared.contains(&commits[at]) && !shared.iter().any(above)
                    });
                    assert!(best, "{seed} {a} {b}");
                    let between = repo.commits_between(*from, *to).unwrap();
                    let between: BTreeSet<_> = between.into_iter().collect();
                    let expected: BTreeSet<_> = reach[b].difference(&reach[a]).copied().collect();
                    assert_eq!(between, expected, "{seed} {a}..{b}");
                }
            }
        }
    }
}
