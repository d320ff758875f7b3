//! Under the build lock: from the pending tip to one more pending commit.

use super::{Publisher, Receipt};
use crate::domain::decide::{Change, PlanChange, decide};
use crate::domain::id::ObjectId;
use crate::domain::request::Request;
use crate::domain::snapshot::Snapshot;
use crate::git::{NewCommit, Signature};
use crate::ledger::pending::{Link, Pending};
use crate::ledger::{LedgerError, write};

/// What building a commit came to.
pub(super) enum Built {
    /// A commit now stands in the pending chain.
    Commit {
        commit: ObjectId,
        base: Option<ObjectId>,
        receipt: Receipt,
    },
    /// There is nothing to publish.
    Nothing(Receipt),
    /// The judgement rests on commits that are not published yet.
    Unsettled {
        tip: ObjectId,
        base: Option<ObjectId>,
    },
    /// Refused on what is published.
    Refused(LedgerError),
    /// It stands in the pending chain already.
    Mine {
        commit: ObjectId,
        base: Option<ObjectId>,
    },
    /// It had been carried out: a push without an answer may have arrived all the same.
    Before(Receipt),
}

impl Publisher<'_> {
    /// Decides `request` on the pending tip and writes its commit. `looked` is the published tip up
    /// to which its id is known not to stand in the ledger; it moves along.
    pub(super) fn build(
        &self,
        request: &Request,
        looked: &mut Option<ObjectId>,
    ) -> Result<Built, LedgerError> {
        let rules = self.rules_for(&request.verb)?;
        // What changes rarely is read before the lock is taken.
        self.loader.warm(self.ledger.tip()?, rules)?;
        let _building = self.build_lock(request.verb.word())?;
        let published = self.ledger.sound_tip()?;
        if published != *looked {
            if let Some(receipt) = self.carried_out_since(request, published, *looked)? {
                return Ok(Built::Before(receipt));
            }
            *looked = published;
        }
        let chain = self.living(self.pending.read().after(published));
        // This very request, left by a process that died: another waiter keeps it in the chain.
        for link in &chain.links {
            if self.request_of(link.commit) == request.id.as_str() {
                return Ok(Built::Mine {
                    commit: link.commit,
                    base: published,
                });
            }
        }
        if chain.links.is_empty() {
            return self.build_on(chain, request);
        }
        match self.build_on(chain, request) {
            // What a power cut left of commits that nobody had flushed: a lost race.
            Err(
                LedgerError::Git(_) | LedgerError::BadFile(_) | LedgerError::ForeignCommit { .. },
            ) => {
                let chain = Pending::on(published);
                self.replace_pending(&chain)?;
                self.build_on(chain, request)
            }
            built => built,
        }
    }

    /// Decides on the tip of `chain`. The build lock is held.
    fn build_on(&self, mut chain: Pending, request: &Request) -> Result<Built, LedgerError> {
        let published = chain.base;
        let tip = chain.tip();
        // Those who built the chain may have seen a newer target.
        let rules = self.rules_on(tip, &request.verb)?;
        let before = self.loader.snapshot(tip, rules, Some(&request.verb))?;
        let unsettled = match (tip, chain.links.is_empty()) {
            (Some(tip), false) => Some(Built::Unsettled {
                tip,
                base: published,
            }),
            _ => None,
        };
        let change = match decide(&before, request) {
            Ok(change) => change,
            Err(refusal) => {
                return Ok(unsettled.unwrap_or_else(|| Built::Refused(refusal.into())));
            }
        };
        if change.is_empty() {
            let receipt = Receipt {
                commit: None,
                change,
                before,
            };
            return Ok(unsettled.unwrap_or(Built::Nothing(receipt)));
        }
        let (commit, objects) = self.write(tip, &before, &change, request, rules)?;
        chain
            .links
            .push(Link::of(&self.ledger.env, commit, objects));
        self.replace_pending(&chain)?;
        let receipt = Receipt {
            commit: Some(commit),
            change,
            before,
        };
        Ok(Built::Commit {
            commit,
            base: published,
            receipt,
        })
    }

    /// The chain, unless nobody waits for it any more, its commits are gone, or they are no line
    /// that extends its base.
    pub(super) fn living(&self, mut chain: Pending) -> Pending {
        let processes = &*self.ledger.env.processes;
        let mut links = chain.links.iter();
        let alive = links.any(|link| link.is_waited_for(processes));
        let mut below = chain.base;
        let line = chain.links.iter().all(|link| {
            let parents = self.ledger.repo.parents(link.commit);
            let extends = parents.is_ok_and(|parents| parents == below.as_slice());
            below = Some(link.commit);
            extends
        });
        if !(alive && line) {
            chain.links.clear();
        }
        chain
    }

    pub(super) fn write(
        &self,
        parent: Option<ObjectId>,
        before: &Snapshot,
        change: &Change,
        request: &Request,
        rules: ObjectId,
    ) -> Result<(ObjectId, Vec<ObjectId>), LedgerError> {
        let rules = before.tip.is_some().then_some(rules);
        let signature = self.sealed(parent, before, change, request, rules)?;
        let mut writer = self.ledger.repo.writer();
        let commit = NewCommit {
            committer: self.committer(request),
            ..write::commit(&self.loader, &mut writer, parent, change, request, rules)?
        };
        let commit = match signature {
            None => writer.commit(&commit)?,
            Some(signature) => writer.signed_commit(&commit, &signature)?,
        };
        let mut objects = writer.written().to_vec();
        for plan in &change.plan {
            if let PlanChange::File { blob, .. } = plan {
                objects.push(*blob);
            }
        }
        Ok((commit, objects))
    }

    /// The machine's git identity, at the moment of the request.
    pub(super) fn committer(&self, request: &Request) -> Signature {
        let (name, email) = match self.ledger.repo.identity() {
            Some(identity) => (identity.name, identity.email),
            None => (
                "laneway".to_owned(),
                format!("laneway@{}", self.ledger.env.host),
            ),
        };
        Signature {
            name,
            email,
            seconds: request.at.seconds(),
            offset: 0,
        }
    }

    /// Overwrites the pending chain. The build lock is held.
    pub(super) fn replace_pending(&self, pending: &Pending) -> Result<(), LedgerError> {
        self.pending
            .replace(pending)
            .map_err(|source| LedgerError::Io {
                path: self.ledger.dir().join("pending"),
                source,
            })
    }
}
