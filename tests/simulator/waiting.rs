//! Who on one machine waits for a publication, and how often they were passed by.

use std::collections::BTreeMap;

/// Requests that stand in the pending chain, each with the number of publications without it.
#[derive(Debug, Default)]
pub struct Waiting {
    passed: BTreeMap<String, u32>,
    /// A race was lost since the last publication.
    lost: bool,
}

impl Waiting {
    /// Request `id` has been built.
    pub fn built(&mut self, id: String) {
        self.passed.insert(id, 0);
    }

    /// Request `id` waits no longer.
    pub fn gone(&mut self, id: &str) {
        self.passed.remove(id);
    }

    /// A publication of the requests `ids`. Gives one that was passed by twice: nobody waits for
    /// more than the publication under way and the next.
    pub fn published(&mut self, ids: &[String]) -> Option<String> {
        for id in ids {
            self.passed.remove(id);
        }
        if std::mem::take(&mut self.lost) {
            self.passed.clear();
        }
        self.passed.values_mut().for_each(|count| *count += 1);
        let passed = self.passed.iter().find(|(_, count)| **count > 1);
        passed.map(|(id, _)| id.clone())
    }

    /// A race was lost: everybody builds again, also those who did already.
    pub fn lost(&mut self) {
        self.passed.clear();
        self.lost = true;
    }
}
