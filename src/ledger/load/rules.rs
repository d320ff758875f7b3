//! The rules of a target commit, and what the ledger says of the workstations that they name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Loader;
use crate::domain::id::{ObjectId, WorkstationName};
use crate::domain::snapshot::Rules;
use crate::domain::workstation::StationState;
use crate::git::EntryKind;
use crate::ledger::format::File;
use crate::ledger::format::v1::identity_map::IdentityMapFile;
use crate::ledger::format::v1::policy::PolicyFile;
use crate::ledger::format::v1::station::StationFile;
use crate::ledger::format::v1::workstations::WorkstationsFile;
use crate::ledger::read::{self, Origin};
use crate::ledger::yaml::Limits;
use crate::ledger::{BadFile, LedgerError, paths};

/// Rules, and the blobs they were read from.
pub(super) type KnownRules = ([ObjectId; 3], Arc<Rules>);

/// What the ledger says of workstations, by name.
pub(super) type Stations = BTreeMap<WorkstationName, StationState>;

impl Loader<'_> {
    /// The rules of a target commit.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when one of the three files is missing or does not read.
    pub fn rules(&self, at: ObjectId) -> Result<Arc<Rules>, LedgerError> {
        if let Some((_, rules)) = &*self.rules.borrow()
            && rules.at == at
        {
            return Ok(rules.clone());
        }
        let blobs = self.rule_blobs(at)?;
        let known = self.rules.borrow().clone();
        let rules = match (blobs, known) {
            // Most commits of the target leave the rules alone.
            (Some(blobs), Some((same, rules))) if blobs == same => Rules {
                at,
                ..Rules::clone(&rules)
            },
            _ => Rules {
                at,
                policy: self.rule_file::<PolicyFile>(at, paths::POLICY)?,
                identity: self.rule_file::<IdentityMapFile>(at, paths::IDENTITY_MAP)?,
                workstations: self.rule_file::<WorkstationsFile>(at, paths::WORKSTATIONS)?,
            },
        };
        let rules = Arc::new(rules);
        *self.rules.borrow_mut() = blobs.map(|blobs| (blobs, rules.clone()));
        Ok(rules)
    }

    /// The three rule files as plain files of `at`; `None` when one is anything else.
    fn rule_blobs(&self, at: ObjectId) -> Result<Option<[ObjectId; 3]>, LedgerError> {
        let tree = self.repo.tree_of(at)?;
        let blob = |path| {
            let entry = self.repo.entry_at(tree, path)?;
            let plain = entry.filter(|entry| entry.kind == EntryKind::Blob);
            Ok::<_, LedgerError>(plain.map(|entry| entry.id))
        };
        Ok(
            match (
                blob(paths::POLICY)?,
                blob(paths::IDENTITY_MAP)?,
                blob(paths::WORKSTATIONS)?,
            ) {
                (Some(policy), Some(map), Some(places)) => Some([policy, map, places]),
                _ => None,
            },
        )
    }

    pub(super) fn rule_file<F: File>(
        &self,
        at: ObjectId,
        file: &str,
    ) -> Result<F::Domain, LedgerError> {
        let origin = Origin {
            file,
            commit: Some(at),
        };
        let tree = self.repo.tree_of(at)?;
        match read::blob_of(self.repo, tree, origin, Limits::STATE)? {
            Some((_, bytes)) => Ok(read::meaning::<F>(origin, &bytes, Limits::STATE)?),
            None => {
                let message = "the file is missing: `laneway init` writes it".to_owned();
                Err(BadFile::whole(file, Some(at), "file-missing", message).into())
            }
        }
    }

    /// What the ledger at `commit` says of workstations.
    ///
    /// # Errors
    /// [`LedgerError::BadFile`] when a file does not read.
    pub fn stations(&self, commit: ObjectId) -> Result<Arc<Stations>, LedgerError> {
        let tree = self.repo.tree_of(commit)?;
        let Some(dir) = self.repo.entry_at(tree, paths::STATION_DIR)? else {
            return Ok(Arc::default());
        };
        if let Some((known, stations)) = &*self.stations.borrow()
            && *known == dir.id
        {
            return Ok(stations.clone());
        }
        let mut stations = Stations::new();
        let place = Origin {
            file: paths::STATION_DIR,
            commit: Some(commit),
        };
        for file in read::directory(self.repo, tree, place, "")?.into_keys() {
            let path = format!("{}/{file}", paths::STATION_DIR);
            let origin = Origin {
                file: &path,
                commit: Some(commit),
            };
            let Some((_, bytes)) = read::blob_of(self.repo, tree, origin, Limits::STATE)? else {
                continue;
            };
            let (name, state) = read::meaning::<StationFile>(origin, &bytes, Limits::STATE)?;
            if paths::station(&name) != path {
                let message = format!("it speaks of `{name}`, whose file is another");
                let bad = BadFile::whole(&path, Some(commit), "state-place", message);
                return Err(bad.into());
            }
            stations.insert(name, state);
        }
        let stations = Arc::new(stations);
        *self.stations.borrow_mut() = Some((dir.id, stations.clone()));
        Ok(stations)
    }
}
