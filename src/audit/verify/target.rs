//! Which rules may judge a ledger commit: those of one target that goes forward, and after a person
//! has accepted another one, those of that (P16, P25).

use super::{Difference, Verification};
use crate::domain::id::ObjectId;
use crate::domain::request::Verb;
use crate::ledger::message::{self, Statement};
use crate::ledger::{Ledger, LedgerError};

/// The target, unless it has the rules of `tip`. They only go forward, so it has all before them,
/// too.
pub(super) fn aside(ledger: &Ledger, tip: ObjectId) -> Result<Option<ObjectId>, LedgerError> {
    let repo = &ledger.repo;
    let Some(target) = repo.tip(&ledger.target_ref)? else {
        return Ok(None);
    };
    let rules = message::rules_in_force(&repo.commit(tip)?.message);
    Ok(match rules.filter(|rules| repo.exists(*rules)) {
        Some(rules) if !repo.is_ancestor(rules, target)? => Some(target),
        _ => None,
    })
}

impl Verification<'_> {
    /// Whether the last rules of the line are not on the target.
    #[must_use]
    pub fn is_aside(&self) -> bool {
        self.aside.is_some()
    }

    pub(super) fn set_aside(&mut self, target: Option<ObjectId>) -> Result<(), LedgerError> {
        self.aside = target;
        if target.is_some() {
            for (newer, id) in self.commits.iter().enumerate() {
                if message::accepted(&self.repo.commit(*id)?.message).is_some() {
                    self.excused = self.commits.len() - newer;
                    break;
                }
            }
        }
        Ok(())
    }

    /// The rules of a commit, which may judge it: those of the line before, or later ones of the
    /// same target. Accepting another target is judged by exactly the last ones: it is the one
    /// commit whose rules need not be on the target.
    pub(super) fn rules(&self, statement: &Statement) -> Result<ObjectId, Difference> {
        let rules = statement.rules.ok_or(Difference::NoRules)?;
        let last = self.last.and_then(|last| last.rules);
        if let Verb::AcceptTarget { .. } = statement.request.verb
            && last != Some(rules)
        {
            return Err(Difference::AcceptedAside { rules, last });
        }
        let lost = [Some(rules), last].into_iter().flatten();
        if let Some(lost) = lost.into_iter().find(|at| !self.repo.exists(*at)) {
            return Err(Difference::MissingRules(lost));
        }
        let asked = |from, to| {
            let found = self.repo.is_ancestor(from, to);
            found.map_err(|error| Difference::Unreadable(error.into()))
        };
        if let Some(target) = self.aside
            && self.excused == 0
            && !asked(rules, target)?
        {
            return Err(Difference::RulesAside { rules, target });
        }
        match last.filter(|last| *last != rules) {
            Some(last) if !asked(last, rules)? => Err(Difference::RulesWentBack { rules, last }),
            _ => Ok(rules),
        }
    }
}
