//! Which target commit's rules judge a request.

use super::{Publisher, keeps_going};
use crate::domain::id::ObjectId;
use crate::domain::policy::Durability;
use crate::domain::request::Verb;
use crate::ledger::{LedgerError, message};

/// How many ledger commits back rules that still load are looked for.
const REMEMBERED: usize = 1000;

impl Publisher<'_> {
    /// The target commit whose rules judge `verb`: never older than the last one used. This
    /// machine's target may only be behind, so the authority is asked once.
    pub(super) fn rules_for(&self, verb: &Verb) -> Result<ObjectId, LedgerError> {
        if matches!(verb, Verb::AcceptTarget { .. }) {
            return self.rules_on(self.ledger.tip()?, verb);
        }
        let rules = match self.rules_after(self.ledger.tip()?) {
            Err(LedgerError::RulesWentBack { .. }) => {
                self.refresh()?;
                self.rules_after(self.ledger.tip()?)?
            }
            rules => rules?,
        };
        self.rules_that_load(rules, keeps_going(verb))
    }

    /// The rules that judge `verb` on `tip`. Uses no network.
    pub(super) fn rules_on(
        &self,
        tip: Option<ObjectId>,
        verb: &Verb,
    ) -> Result<ObjectId, LedgerError> {
        if let (Verb::AcceptTarget { .. }, Some(tip)) = (verb, tip) {
            // The rules before: whoever rewrote the target has no say in it.
            let message = self.ledger.repo.commit(tip)?.message;
            let missing = message::BadMessage::Missing("Laneway-Rules");
            let why = LedgerError::ForeignCommit {
                commit: tip,
                why: missing,
            };
            return message::rules_in_force(&message).ok_or(why);
        }
        self.rules_that_load(self.rules_after(tip)?, keeps_going(verb))
    }

    /// `rules`, or for what keeps going the last ones of the ledger that load.
    pub(super) fn rules_that_load(
        &self,
        rules: ObjectId,
        keeps_going: bool,
    ) -> Result<ObjectId, LedgerError> {
        match self.loader.rules(rules) {
            Err(error @ LedgerError::BadFile(_)) if keeps_going => {
                self.last_rules_that_load()?.ok_or(error)
            }
            loaded => loaded.map(|_| rules),
        }
    }

    fn last_rules_that_load(&self) -> Result<Option<ObjectId>, LedgerError> {
        let Some(tip) = self.ledger.tip()? else {
            return Ok(None);
        };
        let mut tried = None;
        for commit in self.ledger.repo.first_parents(tip).take(REMEMBERED) {
            let message = self.ledger.repo.commit(commit?)?.message;
            let rules = message::rules(&message);
            if rules == tried {
                continue;
            }
            tried = rules;
            if let Some(rules) = rules.filter(|rules| self.loader.rules(*rules).is_ok()) {
                return Ok(Some(rules));
            }
        }
        Ok(None)
    }

    /// The target, unless it does not descend from the rules of `tip`. Uses no network.
    pub(super) fn rules_after(&self, tip: Option<ObjectId>) -> Result<ObjectId, LedgerError> {
        let repo = &self.ledger.repo;
        let target = self.ledger.target()?;
        let Some(tip) = tip else {
            return Ok(target);
        };
        let message = repo.commit(tip)?.message;
        // Someone committed on the ledger by hand: nothing is built on that.
        if message::trailer(&message, "Laneway-Request").is_none() {
            let why = message::BadMessage::Missing("Laneway-Request");
            return Err(LedgerError::ForeignCommit { commit: tip, why });
        }
        let last = message::rules_in_force(&message);
        match last.filter(|last| *last != target) {
            None => Ok(target),
            Some(last) if repo.exists(last) && repo.is_ancestor(last, target)? => Ok(target),
            Some(last) => Err(LedgerError::RulesWentBack { target, last }),
        }
    }

    /// The durability that the rules of `commit` ask for.
    pub(super) fn durability(&self, commit: ObjectId) -> Result<Durability, LedgerError> {
        let message = self.ledger.repo.commit(commit)?.message;
        let rules = match message::rules(&message) {
            Some(rules) => rules,
            None => self.ledger.target()?,
        };
        Ok(self.loader.rules(rules)?.policy.durability)
    }
}
