//! A request that stands in the ledger already: its id is one request, however often it is sent.

use super::{Publisher, Receipt};
use crate::domain::decide::decide;
use crate::domain::id::ObjectId;
use crate::domain::request::Request;
use crate::ledger::{LedgerError, message};

/// How many ledger commits back a repeated request id is looked for.
const REMEMBERED: usize = 5000;

impl Publisher<'_> {
    /// The receipt of a request that was carried out before, if its id stands in the last
    /// [`REMEMBERED`] ledger commits: decided again, it says what it said then.
    ///
    /// # Errors
    /// Of git; when the ledger at that commit does not read.
    pub fn carried_out_before(&self, request: &Request) -> Result<Option<Receipt>, LedgerError> {
        self.carried_out_since(request, self.sound_tip()?, None)
    }

    /// As [`carried_out_before`](Self::carried_out_before), among the commits of `tip` after
    /// `base`.
    pub(super) fn carried_out_since(
        &self,
        request: &Request,
        tip: Option<ObjectId>,
        base: Option<ObjectId>,
    ) -> Result<Option<Receipt>, LedgerError> {
        let Some(tip) = tip else {
            return Ok(None);
        };
        for commit in self.ledger.repo.first_parents(tip).take(REMEMBERED) {
            let commit = commit?;
            if Some(commit) == base {
                break;
            }
            let message = self.ledger.repo.commit(commit)?.message;
            let is = |key, value: &str| message::trailer(&message, key) == Some(value);
            // Steps of one verb may carry one id.
            if is("Laneway-Id", request.id.as_str()) && is("Laneway-Op", request.verb.word()) {
                return self.receipt_of(commit, &message).map(Some);
            }
        }
        Ok(None)
    }

    fn receipt_of(&self, commit: ObjectId, message: &str) -> Result<Receipt, LedgerError> {
        let parent = self.ledger.repo.parents(commit)?.first().copied();
        let rules = match message::rules(message) {
            Some(rules) => rules,
            None => self.ledger.target()?,
        };
        let statement = message::read(message, |path, blob| {
            let tasks = self.loader.plan_blob(path, blob).ok();
            tasks.map(|tasks| tasks.to_vec())
        });
        let said = statement
            .map_err(|why| LedgerError::ForeignCommit { commit, why })?
            .request;
        let before = self.loader.snapshot(parent, rules, Some(&said.verb))?;
        let change = decide(&before, &said)?;
        Ok(Receipt {
            commit: Some(commit),
            change,
            before,
        })
    }
}
