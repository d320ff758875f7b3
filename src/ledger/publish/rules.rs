//! Which target commit's rules judge a request.

use super::{Publisher, keeps_going};
use crate::domain::id::ObjectId;
use crate::domain::policy::Durability;
use crate::domain::request::Verb;
use crate::ledger::accepted::{Accepted, BringsBack};
use crate::ledger::{LedgerError, message};

/// How many ledger commits back rules that still load are looked for.
const REMEMBERED: usize = 1000;

impl Publisher<'_> {
    /// The target commit whose rules judge `verb`: never older than the last one used. This
    /// machine's target may only be behind, or ahead of one that was set back: the authority is
    /// asked once.
    pub(super) fn rules_for(&self, verb: &Verb) -> Result<ObjectId, LedgerError> {
        if matches!(verb, Verb::AcceptTarget { .. }) {
            return self.rules_on(self.ledger.tip()?, verb);
        }
        let rules = self.rules_asked(self.ledger.tip()?)?;
        self.rules_that_load(rules, keeps_going(verb))
    }

    /// The rules after `tip`, once the authority was asked where this machine cannot tell.
    pub(super) fn rules_asked(&self, tip: Option<ObjectId>) -> Result<ObjectId, LedgerError> {
        match self.rules_after(tip) {
            Err(LedgerError::RulesWentBack { .. }) => {}
            Ok(target) if self.may_bring_back(tip, target)? => {}
            rules => return rules,
        }
        self.refresh()?;
        self.rules_after(self.ledger.tip()?)
    }

    /// Whether `target` may be one that a person gave up, which this clone has not noticed: it goes
    /// forward from the last rules all the same where those are of before. Uses no network, and
    /// costs nothing until the target moves.
    fn may_bring_back(&self, tip: Option<ObjectId>, target: ObjectId) -> Result<bool, LedgerError> {
        let repo = &self.ledger.repo;
        let Some(tip) = tip.filter(|_| self.ledger.remote().is_some()) else {
            return Ok(false);
        };
        let last = message::rules_in_force(&repo.commit(tip)?.message);
        let Some(last) = last.filter(|last| *last != target) else {
            return Ok(false);
        };
        Ok(match Accepted::before(repo, tip)? {
            Some(accepted) => accepted.brings_back(repo, last, target)? != BringsBack::Nothing,
            None => false,
        })
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
