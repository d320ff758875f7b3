//! Finding the ledger of a repository (DESIGN §2).

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::format::v1::marker::MarkerFile;
use super::read::{self, Origin};
use super::seen::Seen;
use super::yaml::Limits;
use super::{LedgerError, paths};
use crate::domain::decide::LAW;
use crate::domain::id::{BranchName, ObjectId, RemoteName};
use crate::domain::marker::Marker;
use crate::domain::policy::Authority;
use crate::env::Env;
use crate::git::Repo;

/// The branch that `init` makes and that is looked for first.
pub const DEFAULT_BRANCH: &str = "laneway";

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
        let named = match wanted {
            Some(branch) => Some(branch.clone()),
            None => configured(&repo, env),
        };
        let found = match named {
            Some(branch) => markers_of(&repo, &branch)?.ok_or(LedgerError::NotALedger(branch)),
            None => discover(&repo),
        };
        match found {
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
            return Err(LedgerError::NotHere { place: tip_ref });
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
        seen.update(&self.env, |now| !now.is_some_and(later), tip)
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
    let entries = std::fs::read_dir(repo.common_dir().join("laneway"));
    for entry in entries.into_iter().flatten().filter_map(Result::ok) {
        let name = entry.file_name().to_string_lossy().replace("%2F", "/");
        let (Ok(branch), Some(seen)) = (BranchName::new(name), Seen::below(&entry.path()).tip())
        else {
            continue;
        };
        let remotes = repo.refs_with_prefix("refs/remotes/")?;
        let tracked = remotes.keys().any(|name| {
            let rest = name.strip_prefix("refs/remotes/").unwrap_or_default();
            rest.split_once('/')
                .is_some_and(|(_, short)| short == branch.as_str())
        });
        if !tracked && repo.tip(&branch.full())?.is_none() {
            return Ok(Some((branch, seen)));
        }
    }
    Ok(None)
}

fn gone((branch, seen): (BranchName, ObjectId)) -> LedgerError {
    LedgerError::Rewritten {
        name: branch.full(),
        seen,
        found: None,
        rewound: false,
    }
}

/// The refs that hold ledger and target under the marker's authority. A bare repository that does
/// not know the remote is that remote: what decides stands in its own branches.
fn refs_of(repo: &Repo, marker: &Marker) -> (String, String) {
    let known = |remote: &RemoteName| repo.config_str(&format!("remote.{remote}.url")).is_some();
    match &marker.authority {
        Authority::Remote(remote) if repo.is_bare() && !known(remote) => {
            (marker.branch.full(), marker.target.full())
        }
        Authority::Local => (marker.branch.full(), marker.target.full()),
        Authority::Remote(remote) => (
            format!("refs/remotes/{remote}/{}", marker.branch),
            format!("refs/remotes/{remote}/{}", marker.target),
        ),
    }
}

fn configured(repo: &Repo, env: &Env) -> Option<BranchName> {
    let text = match env.var("LANEWAY_LEDGER") {
        Some(text) => text.to_owned(),
        None => repo.config_str("laneway.ledger")?,
    };
    BranchName::new(text.strip_prefix("refs/heads/").unwrap_or(&text)).ok()
}

/// The marker of the ledger `branch`, here or in a remote's tracking ref.
fn markers_of(repo: &Repo, branch: &BranchName) -> Result<Option<Marker>, LedgerError> {
    let mut refs = vec![branch.full()];
    for name in repo.refs_with_prefix("refs/remotes/")?.into_keys() {
        let of_branch = name
            .strip_prefix("refs/remotes/")
            .and_then(|rest| rest.split_once('/'))
            .is_some_and(|(_, short)| short == branch.as_str());
        if of_branch {
            refs.push(name);
        }
    }
    for name in refs {
        if let Some(tip) = repo.tip(&name)?
            && let Some(marker) = marker_at(repo, tip)?
            && marker.branch == *branch
        {
            return Ok(Some(marker));
        }
    }
    Ok(None)
}

/// The ledger that this repository keeps for its clones: one whose branch stands here. `None` where
/// there is none yet.
///
/// # Errors
/// [`LedgerError::Ambiguous`]; a marker that does not read.
pub fn served(repo: &Repo, env: &Env) -> Result<Option<Marker>, LedgerError> {
    let kept = |branch: &BranchName| -> Result<Option<Marker>, LedgerError> {
        let Some(tip) = repo.tip(&branch.full())? else {
            return Ok(None);
        };
        Ok(marker_at(repo, tip)?.filter(|marker| marker.branch == *branch))
    };
    let named = configured(repo, env).or_else(|| BranchName::new(DEFAULT_BRANCH).ok());
    if let Some(branch) = named
        && let Some(marker) = kept(&branch)?
    {
        return Ok(Some(marker));
    }
    let mut found: BTreeMap<String, Marker> = BTreeMap::new();
    for (name, tip) in repo.refs_with_prefix("refs/heads/")? {
        if let Ok(Some(marker)) = marker_at(repo, tip)
            && marker.branch.full() == name
        {
            found.insert(marker.branch.to_string(), marker);
        }
    }
    if found.len() > 1 {
        return Err(LedgerError::Ambiguous(found.into_keys().collect()));
    }
    Ok(found.into_values().next())
}

fn discover(repo: &Repo) -> Result<Marker, LedgerError> {
    if let Ok(branch) = BranchName::new(DEFAULT_BRANCH)
        && let Some(marker) = markers_of(repo, &branch)?
    {
        return Ok(marker);
    }
    let mut found: BTreeMap<String, Marker> = BTreeMap::new();
    for prefix in ["refs/heads/", "refs/remotes/"] {
        for (name, tip) in repo.refs_with_prefix(prefix)? {
            let Ok(Some(marker)) = marker_at(repo, tip) else {
                continue;
            };
            if name.ends_with(&format!("/{}", marker.branch)) {
                found.insert(marker.branch.to_string(), marker);
            }
        }
    }
    let names: Vec<String> = found.keys().cloned().collect();
    match names.len() {
        0 => Err(LedgerError::NoLedger),
        1 => found.into_values().next().ok_or(LedgerError::NoLedger),
        _ => Err(LedgerError::Ambiguous(names)),
    }
}

/// The marker in the tree of a commit, if it has one.
///
/// # Errors
/// A finding when it does not read.
pub fn marker_at(repo: &Repo, commit: ObjectId) -> Result<Option<Marker>, LedgerError> {
    let origin = Origin {
        file: paths::MARKER,
        commit: Some(commit),
    };
    let tree = repo.tree_of(commit)?;
    match read::blob_of(repo, tree, origin, Limits::STATE)? {
        None => Ok(None),
        Some((_, bytes)) => Ok(Some(read::meaning::<MarkerFile>(
            origin,
            &bytes,
            Limits::STATE,
        )?)),
    }
}
