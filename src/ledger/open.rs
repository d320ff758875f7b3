//! A repository with its ledger: where it and its target stand, and what was seen of it last.

use std::path::PathBuf;

use super::LedgerError;
use super::discover::{self, place};
use super::seen::Seen;
use crate::domain::decide::LAW;
use crate::domain::id::{BranchName, ObjectId, RemoteName};
use crate::domain::marker::Marker;
use crate::domain::policy::Authority;
use crate::env::Env;
use crate::git::Repo;

/// A repository with its ledger.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// The repository.
    pub repo: Repo,
    /// The marker at the tip that was found.
    pub marker: Marker,
    /// The ref whose value is the published tip.
    pub tip_ref: String,
    /// The ref whose value is the target.
    pub target_ref: String,
    /// Everything outside.
    pub env: Env,
}

impl Ledger {
    /// Opens the ledger named by `wanted`, `LANEWAY_LEDGER` or git config `laneway.ledger`; else
    /// the branch `laneway`; else the one branch whose tip holds a marker.
    ///
    /// # Errors
    /// [`LedgerError`] when there is none, or several, or it is under a newer law.
    pub fn open(repo: Repo, env: &Env, wanted: Option<&BranchName>) -> Result<Self, LedgerError> {
        repo.check_checkout()?;
        match discover::marker(&repo, env, wanted) {
            Ok(marker) => Self::at(repo, env, marker),
            Err(LedgerError::NotALedger(branch)) => {
                let lost = lost(&repo)?.filter(|(name, _)| *name == branch);
                Err(lost.map_or(LedgerError::NotALedger(branch), gone))
            }
            Err(LedgerError::NoLedger) => Err(lost(&repo)?.map_or(LedgerError::NoLedger, gone)),
            Err(error) => Err(error),
        }
    }

    fn at(repo: Repo, env: &Env, marker: Marker) -> Result<Self, LedgerError> {
        if marker.law > LAW {
            return Err(LedgerError::NewerLaw {
                found: marker.law,
                known: LAW,
            });
        }
        let (tip_ref, target_ref) = refs_of(&repo, &marker);
        if repo.tip(&tip_ref)?.is_none() {
            return Err(LedgerError::NotHere {
                place: tip_ref,
                copies: Vec::new(),
            });
        }
        Ok(Self {
            repo,
            marker,
            tip_ref,
            target_ref,
            env: env.clone(),
        })
    }

    /// A ledger that does not exist yet, for `init`.
    #[must_use]
    pub fn unborn(repo: Repo, env: &Env, marker: Marker) -> Self {
        let (tip_ref, target_ref) = refs_of(&repo, &marker);
        Self {
            repo,
            marker,
            tip_ref,
            target_ref,
            env: env.clone(),
        }
    }

    /// The published tip, as far as this repository knows.
    ///
    /// # Errors
    /// Of git.
    pub fn tip(&self) -> Result<Option<ObjectId>, LedgerError> {
        Ok(self.repo.tip(&self.tip_ref)?)
    }

    /// The published tip, which must descend from the last one that was seen: a ledger that was
    /// rewound, replaced or deleted is not built upon until a person accepts it (P16, P25).
    ///
    /// # Errors
    /// [`LedgerError::Rewritten`]; of git.
    pub fn sound_tip(&self) -> Result<Option<ObjectId>, LedgerError> {
        // Read first: it follows the ref.
        let seen = self.seen().tip();
        let tip = self.tip()?;
        match (seen, tip) {
            (Some(seen), Some(tip))
                if seen == tip || self.repo.exists(seen) && self.repo.is_ancestor(seen, tip)? =>
            {
                Ok(Some(tip))
            }
            (Some(seen), found) => Err(self.rewritten(seen, found)?),
            (None, tip) => Ok(tip),
        }
    }

    /// Remembers the published tip, which the authority has confirmed.
    ///
    /// # Errors
    /// As [`sound_tip`](Self::sound_tip); of the file system.
    pub fn observe(&self) -> Result<(), LedgerError> {
        match self.sound_tip()? {
            Some(tip) if self.seen().tip() != Some(tip) => self.remember(tip),
            _ => Ok(()),
        }
    }

    /// Remembers a settled tip, unless a later one is remembered already.
    ///
    /// # Errors
    /// Of the file system.
    pub fn remember(&self, tip: ObjectId) -> Result<(), LedgerError> {
        let seen = self.seen();
        let later = |now: ObjectId| {
            now == tip || self.repo.exists(now) && self.repo.is_ancestor(tip, now).unwrap_or(false)
        };
        let authority = &self.marker.authority;
        seen.update(&self.env, |now| !now.is_some_and(later), tip, authority)
            .map_err(|source| LedgerError::Io {
                path: seen.path().to_owned(),
                source,
            })
    }

    /// The error of a ledger that stands at `found` and does not descend from `seen`.
    pub(super) fn rewritten(
        &self,
        seen: ObjectId,
        found: Option<ObjectId>,
    ) -> Result<LedgerError, LedgerError> {
        let known = |id| self.repo.exists(id);
        let rewound = match found {
            Some(found) => known(seen) && known(found) && self.repo.is_ancestor(found, seen)?,
            None => false,
        };
        Ok(LedgerError::Rewritten {
            name: self.tip_ref.clone(),
            seen,
            found,
            rewound,
        })
    }

    /// Where the last settled tip is remembered.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::below(&self.dir())
    }

    /// The target, as far as this repository knows.
    ///
    /// # Errors
    /// [`LedgerError::NoTarget`]; of git.
    pub fn target(&self) -> Result<ObjectId, LedgerError> {
        let tip = self.repo.tip(&self.target_ref)?;
        tip.ok_or_else(|| LedgerError::NoTarget(self.target_ref.clone()))
    }

    /// The remote that decides, under remote authority.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteName> {
        match &self.marker.authority {
            Authority::Remote(remote) => Some(remote),
            Authority::Local => None,
        }
    }

    /// The directory of this ledger's own files in the common git directory.
    #[must_use]
    pub fn dir(&self) -> PathBuf {
        dir_of(&self.repo, self.marker.branch.as_str())
    }
}

fn dir_of(repo: &Repo, branch: &str) -> PathBuf {
    let name = branch.replace('/', "%2F");
    repo.common_dir().join("laneway").join(name)
}

/// Where the last settled tip of the ledger `branch` is remembered, whether there is one or not.
#[must_use]
pub fn seen_of(repo: &Repo, branch: &str) -> Seen {
    Seen::below(&dir_of(repo, branch))
}

/// The ledger that was seen here and is gone, if one was: its absence is not a beginning (P25).
fn lost(repo: &Repo) -> Result<Option<(BranchName, ObjectId)>, LedgerError> {
    for (branch, seen) in seen_here(repo) {
        if discover::places(repo, &branch)?.is_empty() {
            return Ok(Some((branch, seen)));
        }
    }
    Ok(None)
}

/// The ledgers that were seen here, with the last settled tip of each.
pub(super) fn seen_here(repo: &Repo) -> Vec<(BranchName, ObjectId)> {
    let entries = std::fs::read_dir(repo.common_dir().join("laneway"));
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<_> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().replace("%2F", "/");
            Some((
                BranchName::new(name).ok()?,
                Seen::below(&entry.path()).tip()?,
            ))
        })
        .collect();
    found.sort();
    found
}

pub(super) fn gone((branch, seen): (BranchName, ObjectId)) -> LedgerError {
    LedgerError::Rewritten {
        name: branch.full(),
        seen,
        found: None,
        rewound: false,
    }
}

/// The refs that hold ledger and target under the marker's authority.
fn refs_of(repo: &Repo, marker: &Marker) -> (String, String) {
    let of = |branch| place(repo, &marker.authority, branch);
    (of(&marker.branch), of(&marker.target))
}
