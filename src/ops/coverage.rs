//! `audit coverage`: what of the target no task covers, and whether policy minds (P51).

use super::OpError;
use super::site::Site;
use crate::audit::{Coverage, coverage};
use crate::domain::id::ObjectId;
use crate::domain::policy::Direct;
use crate::ledger::Loader;

/// What was found.
#[derive(Debug)]
pub struct CoverageOutcome {
    /// The commits and files.
    pub coverage: Coverage,
    /// What the rules in force say of commits outside of tasks.
    pub direct: Direct,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

impl CoverageOutcome {
    /// Whether the rules allowed what was found, each commit by those of its parent.
    #[must_use]
    pub fn holds(&self) -> bool {
        let mut found = self.coverage.uncovered.iter();
        found.all(|one| one.direct != Direct::TasksOnly)
    }
}

/// Looks at the commits of the target after `from`, up to `to`. Uses no network.
///
/// # Errors
/// When rules or ledger do not read.
pub fn covered(
    site: &Site,
    from: Option<ObjectId>,
    to: Option<ObjectId>,
) -> Result<CoverageOutcome, OpError> {
    let ledger = &site.ledger;
    let rules = Loader::new(&ledger.repo).rules(ledger.target()?)?;
    Ok(CoverageOutcome {
        coverage: coverage(ledger, from, to)?,
        direct: rules.policy.direct,
        tip: ledger.tip()?,
    })
}
