//! The landings that sources name, looked up among the commits of the target.

use crate::domain::id::ObjectId;
use crate::domain::snapshot::Snapshot;
use crate::ledger::import::Mapped;
use crate::ledger::import::mapping::Mapping;
use crate::ops::{OpError, Site};

/// The commits of the target that sources may name, by their beginnings.
pub(super) struct Landings(Vec<(String, ObjectId)>);

impl Landings {
    /// Walks the target only where a landing is named.
    pub(super) fn of(site: &Site, snapshot: &Snapshot, mapping: &Mapping) -> Result<Self, OpError> {
        let named = mapping.tasks.iter().any(|mapped| mapped.commit.is_some());
        let all = match named {
            true => site.repo().ancestors(snapshot.rules.at)?,
            false => Vec::new(),
        };
        let mut all: Vec<_> = all.into_iter().map(|id| (id.to_string(), id)).collect();
        all.sort();
        Ok(Self(all))
    }

    /// The one commit that begins so, with seven digits at least.
    pub(super) fn find(&self, mapped: &Mapped) -> Option<ObjectId> {
        let text = mapped.commit.as_deref()?;
        let word = text.split([' ', ',', '(']).next()?.to_ascii_lowercase();
        if word.len() < 7 || !word.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let from = self
            .0
            .partition_point(|(id, _)| id.as_str() < word.as_str());
        let mut fits = self.0[from..]
            .iter()
            .take_while(|(id, _)| id.starts_with(&word));
        match (fits.next(), fits.next()) {
            (Some((_, commit)), None) => Some(*commit),
            _ => None,
        }
    }
}
