//! `doctor --role`: everything that a claim of the role would ask, before it is asked (P33).
//!
//! A check is a file of its own with a line in [`ALL`]. It looks and changes nothing; each of its
//! lines says `ok`, `warning`, `failed` or `skipped`, the fact, and what helps. What it cannot look
//! at, because the ledger or the rules do not read, it skips: another check says why. Only `remote`
//! uses the network, and not when told to stay offline.

mod ailments;
mod clean;
mod clock;
mod disk;
mod flight;
mod git;
mod identity;
mod lane;
mod ledger;
mod license;
mod next;
mod probes;
mod remote;
mod role;
mod sync;
mod tools;
mod trust;

pub use flight::{Flight, FlightOptions};
pub use next::{Next, next};

use super::doctor::Cure;

/// Something that a claim asks for.
pub struct Check {
    /// Its name.
    pub id: &'static str,
    /// What is looked at.
    pub about: &'static str,
    look: fn(&Flight<'_>) -> Vec<Line>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is as it should be.
    Ok,
    /// A claim goes on all the same.
    Warning,
    /// A claim would be refused, or could not work.
    Failed,
    /// It was not looked at.
    Skipped,
}

impl Standing {
    /// The word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// What a check found.
#[derive(Debug)]
pub struct Line {
    /// Of which check.
    pub check: &'static str,
    /// How it ended.
    pub standing: Standing,
    /// The fact.
    pub fact: String,
    /// What helps.
    pub cure: Option<Cure>,
}

impl Check {
    fn line(&self, standing: Standing, fact: impl Into<String>) -> Line {
        Line {
            check: self.id,
            standing,
            fact: fact.into(),
            cure: None,
        }
    }

    fn ok(&self, fact: impl Into<String>) -> Line {
        self.line(Standing::Ok, fact)
    }

    fn skipped(&self, fact: impl Into<String>) -> Line {
        self.line(Standing::Skipped, fact)
    }

    fn warning(&self, fact: impl Into<String>) -> Line {
        self.line(Standing::Warning, fact)
    }

    fn failed(&self, fact: impl Into<String>) -> Line {
        self.line(Standing::Failed, fact)
    }
}

impl Line {
    /// Names what a person does.
    fn next(mut self, next: impl Into<String>) -> Self {
        self.cure = Some(Cure::Hand(next.into()));
        self
    }

    /// Names the repair that `--fix` does.
    fn cured_by(mut self, cure: Cure) -> Self {
        self.cure = Some(cure);
        self
    }
}

/// Every check, in the order in which a reader wants them.
pub const ALL: [&Check; 16] = [
    &git::CHECK,
    &ledger::CHECK,
    &ailments::CHECK,
    &clock::CHECK,
    &disk::CHECK,
    &remote::CHECK,
    &identity::CHECK,
    &role::CHECK,
    &lane::CHECK,
    &clean::CHECK,
    &sync::CHECK,
    &tools::CHECK,
    &license::CHECK,
    &probes::CHECK,
    &trust::CHECK,
    &next::CHECK,
];

/// Looks at everything.
#[must_use]
pub fn inspect(flight: &Flight<'_>) -> Vec<Line> {
    ALL.iter().flat_map(|check| (check.look)(flight)).collect()
}
