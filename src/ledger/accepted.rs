//! What the ledger remembers of rewritten targets that people went on with: which target is to be
//! followed, and what was given up for it (P16, P25).

use std::collections::BTreeSet;

use super::{LedgerError, message};
use crate::domain::id::ObjectId;
use crate::domain::request::Verb;
use crate::git::{GitError, Repo};

/// How many ledger commits back acceptances are looked for.
const REMEMBERED: usize = 1000;

/// The acceptances of the last ledger commits.
#[derive(Debug)]
pub struct Accepted {
    /// The target of the last one.
    target: ObjectId,
    /// What they gave up: what was seen of the target and the rules used last, where the target
    /// that was accepted instead does not have them.
    given_up: BTreeSet<ObjectId>,
}

/// Whether a target brings back what was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BringsBack {
    /// It does not.
    Nothing,
    /// It does.
    Something,
    /// What was given up is not all here to be compared with.
    Unknown,
}

impl Accepted {
    /// Looks for acceptances from `tip` back; `None` where there are none.
    ///
    /// # Errors
    /// Of git.
    pub fn before(repo: &Repo, tip: ObjectId) -> Result<Option<Self>, LedgerError> {
        let mut all: Option<Self> = None;
        for commit in repo.first_parents(tip).take(REMEMBERED) {
            let commit = match commit {
                // The edge of a shallow clone.
                Err(GitError::MissingObject { .. }) => break,
                commit => commit?,
            };
            let text = repo.commit(commit)?.message;
            let Some(target) = message::accepted(&text) else {
                continue;
            };
            let seen = match message::read(&text, |_, _| None).map(|stated| stated.request.verb) {
                Ok(Verb::AcceptTarget { given_up, .. }) => given_up,
                _ => None,
            };
            let all = all.get_or_insert(Self {
                target,
                given_up: BTreeSet::new(),
            });
            for lost in [seen, message::rules(&text)].into_iter().flatten() {
                let kept =
                    repo.exists(lost) && repo.exists(target) && repo.is_ancestor(lost, target)?;
                if !kept {
                    all.given_up.insert(lost);
                }
            }
        }
        Ok(all)
    }

    /// The target that was accepted last.
    #[must_use]
    pub fn target(&self) -> ObjectId {
        self.target
    }

    /// Whether a clone that last saw the target at `here` goes on with it at `there`: that descends
    /// from the target accepted last, and `here` has nothing on top of that target but what was
    /// given up. What people did on it since was not given up with it.
    ///
    /// # Errors
    /// Of git.
    pub fn covers(
        &self,
        repo: &Repo,
        here: ObjectId,
        there: ObjectId,
    ) -> Result<bool, LedgerError> {
        if !repo.exists(self.target) || !repo.is_ancestor(self.target, there)? {
            return Ok(false);
        }
        if !repo.is_ancestor(self.target, here)? {
            return Ok(true);
        }
        for lost in &self.given_up {
            if repo.exists(*lost) && repo.is_ancestor(here, *lost)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether `target` has on top of `base`, which it descends from, what was given up.
    ///
    /// # Errors
    /// Of git.
    pub fn brings_back(
        &self,
        repo: &Repo,
        base: ObjectId,
        target: ObjectId,
    ) -> Result<BringsBack, LedgerError> {
        let newer: BTreeSet<ObjectId> = match repo.commits_between(base, target) {
            Err(GitError::MissingObject { .. }) => return Ok(BringsBack::Unknown),
            newer => newer?.into_iter().collect(),
        };
        if newer.is_empty() {
            return Ok(BringsBack::Nothing);
        }
        let mut found = BringsBack::Nothing;
        for lost in &self.given_up {
            if !repo.exists(*lost) {
                found = BringsBack::Unknown;
            } else if !repo.reachable_among(*lost, &newer)?.is_empty() {
                return Ok(BringsBack::Something);
            }
        }
        Ok(found)
    }
}
