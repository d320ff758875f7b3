//! What people read about a gate: `explain`, `policy show`, refusals.

use crate::domain::snapshot::Rules;

/// The page of a gate.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Its id, as in refusals.
    pub id: &'static str,
    /// The rule in one sentence.
    pub about: &'static str,
    /// The ids that it refuses with beside its own, each with the fact that it states.
    pub refusals: &'static [(&'static str, &'static str)],
    /// What decides whether and how it refuses: `policy: path_reservations`, `task: depends_on`.
    pub keys: &'static [&'static str],
    /// Why there is such a gate, and the ways out, in a few sentences.
    pub text: &'static str,
    /// Whether the rules switch it on.
    pub in_force: fn(&Rules) -> bool,
}

impl Page {
    /// Whether it refuses with `id`.
    #[must_use]
    pub fn covers(&self, id: &str) -> bool {
        self.id == id || self.refusals.iter().any(|(own, _)| *own == id)
    }
}

/// A gate that no rule switches off.
pub(super) fn always(_: &Rules) -> bool {
    true
}
