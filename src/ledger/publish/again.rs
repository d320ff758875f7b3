//! A request that stands in the ledger already: its id is one request, however often it is sent.

use super::{Publisher, Receipt};
use crate::domain::decide::decide;
use crate::domain::id::ObjectId;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::Request;
use crate::ledger::{LedgerError, message};

/// How many ledger commits back a repeated request id is looked for: within them one id and verb
/// stand once, which an audit holds every line to.
pub const REMEMBERED: usize = 5000;

impl Publisher<'_> {
    /// The receipt of a request that was carried out before, if its id stands in the last
    /// [`REMEMBERED`] ledger commits: decided again, it says what it said then.
    ///
    /// # Errors
    /// Of git; when the ledger at that commit does not read.
    pub fn carried_out_before(&self, request: &Request) -> Result<Option<Receipt>, LedgerError> {
        let found = self.carried_out_since(request, self.sound_tip()?, None)?;
        if found.is_some() {
            self.confirm()?;
        }
        Ok(found)
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
                return self.receipt_of(commit, &message, request).map(Some);
            }
        }
        Ok(None)
    }

    /// One id is one request: of another agent, or about another task, it is refused.
    fn receipt_of(
        &self,
        commit: ObjectId,
        message: &str,
        request: &Request,
    ) -> Result<Receipt, LedgerError> {
        let parent = self.ledger.repo.parents(commit)?.first().copied();
        let rules = match message::rules(message) {
            Some(rules) => rules,
            None => self.ledger.target()?,
        };
        let statement = message::read(message, |path, blob| {
            self.loader.file_tasks(path, blob).ok()
        });
        let said = statement
            .map_err(|why| LedgerError::ForeignCommit { commit, why })?
            .request;
        if said.actor.agent != request.actor.agent || said.verb.task() != request.verb.task() {
            let what = format!("cannot {}", request.verb.intent());
            let message = format!(
                "the request id {} stands for another request, of {} in {commit}",
                request.id, said.actor.agent
            );
            let unmet = Unmet::rule("request-id", message).hint("a new request has a new id");
            return Err(Refusal::one(what, request.verb.task(), unmet).into());
        }
        let before = self.loader.snapshot(parent, rules, Some(&said.verb))?;
        let change = decide(&before, &said)?;
        Ok(Receipt {
            commit: Some(commit),
            change,
            before,
        })
    }
}
