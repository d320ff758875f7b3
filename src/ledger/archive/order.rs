//! The order of the tasks of a plan file, archived ones included, as if none had ever left.
//!
//! Each archived task notes the one above it in that order. Leaving and coming back change nothing
//! in it, and what is added later goes below all; so a task finds its place again in whichever
//! order others leave and come back.

use std::collections::{HashMap, HashSet};

use super::{blobs, entries};
use crate::domain::id::{ObjectId, TaskId};
use crate::ledger::document::sheet::Sheet;
use crate::ledger::format::v1::archive::ArchivedEntry;
use crate::ledger::{LedgerError, Loader};

/// A plan file: whether it is the target's, and its path.
type Home = (bool, String);

/// Where archived tasks stand among the others of their files.
#[derive(Debug, Default)]
pub(super) struct Order {
    /// The task above each archived one; none: it is the first.
    above: HashMap<Home, HashMap<TaskId, Option<TaskId>>>,
    /// The same seen from above.
    below: HashMap<Home, HashMap<Option<TaskId>, TaskId>>,
}

impl Order {
    /// What the archive of `commit` notes.
    ///
    /// # Errors
    /// When a file does not read.
    pub(super) fn read(loader: &Loader<'_>, commit: ObjectId) -> Result<Self, LedgerError> {
        let mut order = Self::default();
        for file in blobs(loader, commit)?.into_keys() {
            for entry in entries(loader, commit, &file)? {
                order.note(&entry);
            }
        }
        Ok(order)
    }

    fn note(&mut self, entry: &ArchivedEntry) {
        let Some(id) = entry.state.id.value() else {
            return;
        };
        let home = (entry.on_target, entry.file.clone());
        let after = entry.after.as_ref().and_then(|text| text.value().cloned());
        let below = self.below.entry(home.clone()).or_default();
        below.insert(after.clone(), id.clone());
        let above = self.above.entry(home).or_default();
        above.insert(id.clone(), after);
    }

    /// The last task between `seen`, which stands in the file, and the next one that does.
    pub(super) fn last_below(
        &self,
        on_target: bool,
        file: &str,
        seen: Option<TaskId>,
    ) -> Option<TaskId> {
        let Some(below) = self.below.get(&(on_target, file.to_owned())) else {
            return seen;
        };
        let mut met = HashSet::new();
        let mut last = seen;
        // People move tasks of the target about: a ring ends where it began.
        while let Some(next) = below.get(&last)
            && met.insert(next)
        {
            last = Some(next.clone());
        }
        last
    }

    /// The place of a task in a file that it comes back to: below the next one above it that is
    /// there.
    pub(super) fn place(&self, entry: &ArchivedEntry, sheet: &Sheet) -> usize {
        let home = (entry.on_target, entry.file.clone());
        let above = self.above.get(&home);
        let mut met = HashSet::new();
        let mut anchor = entry.after.as_ref().and_then(|text| text.value());
        while let Some(id) = anchor {
            if let Some(at) = sheet.find(id.as_str()) {
                return at + 1;
            }
            match above.and_then(|above| above.get(id)) {
                Some(higher) if met.insert(id) => anchor = higher.as_ref(),
                _ => return sheet.blocks.len(),
            }
        }
        0
    }
}
