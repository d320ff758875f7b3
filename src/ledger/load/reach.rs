//! Which commits of the states the target reaches.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Loader;
use super::known::{self, ArchivedLandings, KnownStates};
use crate::domain::id::ObjectId;
use crate::ledger::LedgerError;
use crate::ledger::archive::ArchivedStates;

impl Loader<'_> {
    /// Which completion and landing commits of the states that were read last are on the target
    /// (X3).
    pub(super) fn reachable(
        &self,
        target: ObjectId,
        archive: &ArchivedStates,
    ) -> Result<Arc<HashSet<ObjectId>>, LedgerError> {
        let mut memory = self.reachable.borrow_mut();
        let mut last = self.states.borrow_mut();
        let mut found = match memory.take() {
            // What a commit reaches, its descendants reach too.
            Some((at, found)) if at == target || self.repo.is_ancestor(at, target)? => found,
            before => {
                let KnownStates { states, landed, .. } = &mut *last;
                let all = states.iter();
                *landed = all
                    .filter_map(|(id, state)| Some((id.clone(), known::landed(state)?)))
                    .collect();
                last.archived = ArchivedLandings::default();
                match before {
                    Some(_) => Arc::default(),
                    None => Arc::new(self.reached_before(target)?),
                }
            }
        };
        if !Arc::ptr_eq(&last.archived.0, archive) {
            let landings = archive.values().filter_map(known::landed).collect();
            last.archived = (archive.clone(), landings);
        }
        last.forget_landed(|commit| found.contains(commit));
        let wanted: BTreeSet<ObjectId> = last.owing().collect();
        if !wanted.is_empty() {
            let reached = self.repo.reachable_among(target, &wanted)?;
            last.forget_landed(|commit| reached.contains(commit));
            Arc::make_mut(&mut found).extend(reached);
            if let Some(caches) = &self.cache {
                let mut states = caches.states.borrow_mut();
                states.put_reachable(target, HashSet::clone(&found), wanted.len());
            }
        }
        *memory = Some((target, found.clone()));
        Ok(found)
    }

    /// What the cache knows the target to reach: what an older target reached, a newer one that
    /// descends from it reaches too.
    fn reached_before(&self, target: ObjectId) -> Result<HashSet<ObjectId>, LedgerError> {
        let Some(caches) = &self.cache else {
            return Ok(HashSet::new());
        };
        let states = caches.states.borrow();
        match states.reachable() {
            Some((before, commits))
                if *before == target
                    || (self.repo.exists(*before) && self.repo.is_ancestor(*before, target)?) =>
            {
                Ok(commits.clone())
            }
            _ => Ok(HashSet::new()),
        }
    }
}
