use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::id::ObjectId;
use crate::domain::snapshot::{Rules, Snapshot};
use crate::env::Env;
use crate::git::{Repo, Worktree};
use crate::ledger::{Ledger, LedgerError, Loader};
use crate::ops::{OpError, Site, SiteOptions, repository};
use crate::workspace::{Binding, BindingError, lanes_of};

/// A repository as far as it can be read.
pub struct Patient {
    /// Everything outside.
    pub env: Env,
    /// The repository.
    pub repo: Repo,
    /// The ledger, where it opens.
    pub ledger: Result<Site, LedgerError>,
    /// The rules in force, where they load.
    pub rules: Option<Arc<Rules>>,
    /// Plan and state by these rules, where they load.
    pub snapshot: Option<Snapshot>,
    /// Why rules, plan or state did not load.
    pub unread: Option<LedgerError>,
}

/// A linked worktree, with what it is bound to.
pub struct Linked {
    /// The worktree.
    pub worktree: Worktree,
    /// Its git directory, also when the worktree's own directory is gone.
    pub git_dir: Option<PathBuf>,
    /// Its binding, or why that does not read.
    pub binding: Result<Option<Binding>, BindingError>,
}

impl Linked {
    /// Whether its directory is gone.
    pub fn is_missing(&self) -> bool {
        fs::symlink_metadata(&self.worktree.path).is_err()
    }

    /// The binding, where it reads.
    pub fn bound(&self) -> Option<&Binding> {
        self.binding.as_ref().ok().and_then(Option::as_ref)
    }
}

impl Patient {
    /// The repository around a directory, whatever is wrong with it.
    ///
    /// # Errors
    /// When there is none, or it cannot be opened.
    pub fn of(env: &Env, options: SiteOptions) -> Result<Self, OpError> {
        let (repo, runner) = repository(env, options.dir.as_deref())?;
        let ledger = Ledger::open(repo.clone(), env, options.ledger.as_ref());
        let ledger = ledger.map(|ledger| {
            let mut site = Site::of(ledger, runner, options);
            // A binding that does not read is a finding.
            site.binding = Binding::read(&repo.git_dir()).ok().flatten();
            site
        });
        let mut patient = Self {
            env: env.clone(),
            repo,
            ledger,
            rules: None,
            snapshot: None,
            unread: None,
        };
        if let Err(error) = patient.read() {
            patient.unread = Some(error);
        }
        Ok(patient)
    }

    /// Without the caches: one of them may be the ailment.
    fn read(&mut self) -> Result<(), LedgerError> {
        let Ok(site) = &self.ledger else {
            return Ok(());
        };
        let loader = Loader::new(&self.repo);
        let target = site.ledger.target()?;
        self.rules = Some(loader.rules(target)?);
        self.snapshot = Some(loader.snapshot(site.ledger.tip()?, target, None)?);
        Ok(())
    }

    /// Plan and state as they are now.
    ///
    /// # Errors
    /// When they do not read.
    pub fn look_again(&self) -> Result<Option<Snapshot>, OpError> {
        let Ok(site) = &self.ledger else {
            return Ok(None);
        };
        let (tip, target) = (site.ledger.tip()?, site.ledger.target()?);
        Ok(Some(Loader::new(&self.repo).snapshot(tip, target, None)?))
    }

    /// The repository, for findings without a place of their own.
    pub fn place(&self) -> String {
        shown(&self.repo.common_dir())
    }

    /// The linked worktrees.
    ///
    /// # Errors
    /// Of git.
    pub fn linked(&self) -> Result<Vec<Linked>, OpError> {
        let linked = self.repo.worktrees()?.into_iter().skip(1);
        Ok(linked
            .map(|worktree| {
                let admin = || self.repo.admin_dir(&worktree.path);
                let git_dir = worktree.git_dir.clone().or_else(admin);
                Linked {
                    binding: git_dir.as_deref().map_or(Ok(None), Binding::read),
                    git_dir,
                    worktree,
                }
            })
            .collect())
    }

    /// Whether a worktree is on the branch of a lane of policy.
    pub fn is_on_lane(&self, linked: &Linked) -> bool {
        let Some(rules) = &self.rules else {
            return false;
        };
        let lanes = lanes_of(&rules.policy);
        let branch = linked.worktree.branch.as_deref();
        lanes
            .keys()
            .any(|lane| Some(lane.full().as_str()) == branch)
    }

    /// What all refs stand at, except the one of this name: commits that these reach are kept.
    ///
    /// # Errors
    /// Of git.
    pub fn kept(&self, except: Option<&str>) -> Result<Vec<ObjectId>, OpError> {
        let refs = self.repo.refs_with_prefix("refs/")?;
        let kept = refs
            .into_iter()
            .filter(|(name, _)| Some(name.as_str()) != except);
        let kept: BTreeSet<ObjectId> = kept.map(|(_, id)| id).collect();
        Ok(kept.into_iter().collect())
    }
}

/// A path as a finding shows it.
pub fn shown(path: &Path) -> String {
    path.display().to_string()
}
