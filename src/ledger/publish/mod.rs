//! Publication: how a decision becomes part of the ledger (DESIGN §4).
//!
//! Invariants:
//! - The ledger ref moves only by compare-and-swap from the tip that the published commits were
//!   built on. The locks give throughput; without them everything is still right.
//! - Lock order is publish, then build. Nothing waits and nothing uses the network while the build
//!   lock is held.
//! - A request is acknowledged only when its commit is behind the settled tip ([`Seen`]): the
//!   authority has it, and under `durability: full` its objects, the ref and its directory were
//!   flushed, whoever published it.
//! - A tip that does not descend from the settled one is refused by every mutation (P16, P25).
//! - A refusal that was judged on commits not yet published is not told: they are published or
//!   dropped first, and the request is judged afresh.
//! - A request whose id stands in a commit is never carried out again: before each further try,
//!   what was published meanwhile is searched for it.
//!
//! ```text
//! build lock:   pending tip → snapshot → decide → write objects → append to pending
//! publish lock: flush the objects of all pending commits → move the ref → remember the tip
//! ```
//! Who builds while a publication is under way is part of the next one, so nobody waits for more
//! than two.

mod again;
mod build;
mod exchange;
mod rules;
mod seal;
mod settle;

use std::time::Duration;

use super::authority::{self, Authority, Companion};
use super::load::Loader;
use super::lock::{self, Held};
use super::pending::PendingFile;
use super::seen::Seen;
use super::{Ledger, LedgerError};
use crate::domain::decide::{Change, decide};
use crate::domain::id::ObjectId;
use crate::domain::request::{Request, Verb};
use crate::domain::snapshot::Snapshot;
pub use again::REMEMBERED;
use build::Built;
use exchange::Known;
use settle::Settled;

/// Most tries before a request gives up against ever faster others.
const MOST_TRIES: u32 = 64;
/// Longest wait for a lock of this machine.
const LOCK_LIMIT: Duration = Duration::from_secs(60);

/// A mutation that the authority has confirmed.
#[must_use]
#[derive(Debug)]
pub struct Receipt {
    /// The ledger commit; none when the request had been carried out before.
    pub commit: Option<ObjectId>,
    /// What it changed.
    pub change: Change,
    /// The ledger before it.
    pub before: Snapshot,
}

/// Carries out requests on one ledger.
pub struct Publisher<'l> {
    ledger: &'l Ledger,
    loader: Loader<'l>,
    authority: Box<dyn Authority>,
    pending: PendingFile,
    seen: Seen,
}

impl<'l> Publisher<'l> {
    /// A publisher for `ledger`; `remote_limit` bounds each exchange with the remote.
    #[must_use]
    pub fn new(ledger: &'l Ledger, remote_limit: Duration) -> Self {
        Self::under(ledger, authority::of(ledger, remote_limit))
    }

    /// A publisher for `ledger` that is decided by `authority`.
    #[must_use]
    pub fn under(ledger: &'l Ledger, authority: Box<dyn Authority>) -> Self {
        Self {
            ledger,
            loader: Loader::cached(&ledger.repo, &ledger.env),
            authority,
            pending: PendingFile::below(&ledger.dir()),
            seen: ledger.seen(),
        }
    }

    /// The ledger it publishes to.
    #[must_use]
    pub fn ledger(&self) -> &'l Ledger {
        self.ledger
    }

    /// The loader, for reads that go with the mutation.
    #[must_use]
    pub fn loader(&self) -> &Loader<'l> {
        &self.loader
    }

    /// Brings ledger and target up to date with the authority.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`]; [`LedgerError::Rewritten`]; of git.
    pub fn refresh(&self) -> Result<(), LedgerError> {
        self.authority.refresh(self.ledger, self.authority.limit())
    }

    /// The published tip, sound; a tracking ref that somebody else's fetch set back is brought
    /// forward first.
    fn sound_tip(&self) -> Result<Option<ObjectId>, LedgerError> {
        match self.ledger.sound_tip() {
            Err(LedgerError::Rewritten { .. }) if self.ledger.remote().is_some() => {
                self.refresh()?;
                self.ledger.sound_tip()
            }
            tip => tip,
        }
    }

    /// Judges `request` on the published tip and writes nothing.
    ///
    /// # Errors
    /// The refusal; whatever keeps the ledger from being read.
    pub fn judge(&self, request: &Request) -> Result<(Snapshot, Change), LedgerError> {
        let tip = self.sound_tip()?;
        let rules = self.rules_for(&request.verb)?;
        let snapshot = self.loader.snapshot(tip, rules, Some(&request.verb))?;
        let change = decide(&snapshot, request)?;
        self.may_seal(&snapshot, request)?;
        Ok((snapshot, change))
    }

    /// The ledger as it stands here, by the newest rules or, where those do not load, by the last
    /// ones that do: for holders, who go on all the same.
    ///
    /// # Errors
    /// [`LedgerError::Rewritten`]; whatever keeps the ledger from being read.
    pub fn snapshot_for_holders(&self) -> Result<Snapshot, LedgerError> {
        let tip = self.sound_tip()?;
        let rules = self.rules_that_load(self.ledger.target()?, true)?;
        self.loader.snapshot(tip, rules, None)
    }

    /// Carries out `request`: decides, publishes, and returns once the authority has confirmed.
    ///
    /// # Errors
    /// The refusal, told only on a published tip; a lost race that never ended; the remote's no.
    pub fn submit(&self, request: &Request) -> Result<Receipt, LedgerError> {
        let looked = self.sound_tip()?;
        self.submit_since(request, looked)
    }

    /// Carries out `request`, unless its id stands in the ledger already: then it is answered as
    /// it was then.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn submit_again(&self, request: &Request) -> Result<Receipt, LedgerError> {
        self.refresh()?;
        let looked = self.sound_tip()?;
        match self.carried_out_since(request, looked, None)? {
            Some(receipt) => self.confirm().map(|()| receipt),
            None => self.submit_since(request, looked),
        }
    }

    /// Carries out `request`, whose id is known not to stand in `looked` or before.
    fn submit_since(
        &self,
        request: &Request,
        mut looked: Option<ObjectId>,
    ) -> Result<Receipt, LedgerError> {
        let mut refreshed = self.ledger.remote().is_none();
        for _ in 0..MOST_TRIES {
            let alone = self.alone().transpose()?;
            match self.build(request, &mut looked)? {
                Built::Before(receipt) | Built::Nothing(receipt) => {
                    drop(alone);
                    return self.confirm().map(|()| receipt);
                }
                Built::Refused(_) if !refreshed => {
                    // What is known here may be old: a refusal is told only after a look.
                    self.refresh()?;
                    refreshed = true;
                    continue;
                }
                Built::Refused(refusal) => return Err(refusal),
                Built::Unsettled { tip, base } => match self.settle_after(alone, tip, base) {
                    // What the remote has against another's request is not against this one.
                    Ok(_) | Err(LedgerError::RemoteRefused { .. }) => continue,
                    // Nothing of this one was sent.
                    Err(LedgerError::Unconfirmed { remote, .. }) => {
                        let why = "it did not confirm what others here sent before".to_owned();
                        return Err(LedgerError::Unreachable { remote, why });
                    }
                    Err(LedgerError::StillPending { holder, .. }) => {
                        let path = self.ledger.dir().join("publish.lock");
                        let waited = LOCK_LIMIT;
                        return Err(lock::LockError::Busy {
                            path,
                            waited,
                            holder,
                        }
                        .into());
                    }
                    Err(error) => return Err(error),
                },
                // Left by a process that died: whether it is published is this one's answer.
                Built::Mine { commit, base } => {
                    self.settle_after(alone, commit, base)
                        .map_err(|error| error.about(&request.id))?;
                    continue;
                }
                Built::Commit {
                    commit,
                    base,
                    receipt,
                } => {
                    self.ledger.env.fail_point("built");
                    if let Some(publishing) = alone {
                        self.publish_pending()?;
                        drop(publishing);
                    }
                    let settled = self.settle(commit, base);
                    match settled.map_err(|error| error.about(&request.id))? {
                        Settled::Acknowledged => return Ok(receipt),
                        Settled::Dropped => {}
                    }
                }
            }
            self.step_back();
        }
        Err(LedgerError::Starved(MOST_TRIES))
    }

    /// Carries out `request` together with a move of the target: both refs or none. Commits that
    /// travel with another ref never enter the pending chain.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), and [`LedgerError::Moved`] when the target is not at
    /// `companion.from`.
    pub fn submit_with(
        &self,
        request: &Request,
        companion: &Companion,
    ) -> Result<Receipt, LedgerError> {
        let _publishing = self.publish_lock(request.verb.word())?;
        let mut refreshed = self.ledger.remote().is_none();
        for _ in 0..MOST_TRIES {
            self.publish_pending()?;
            let published = self.sound_tip()?;
            let rules = self.rules_asked(published)?;
            if rules != companion.from {
                return Err(self.moved(rules));
            }
            let before = self
                .loader
                .snapshot(published, rules, Some(&request.verb))?;
            let change = match decide(&before, request) {
                Ok(change) => change,
                Err(_) if !refreshed => {
                    self.refresh()?;
                    refreshed = true;
                    continue;
                }
                Err(refusal) => return Err(refusal.into()),
            };
            if change.is_empty() {
                if self.seen.tip() != published {
                    self.finish(published)?;
                }
                return Ok(Receipt {
                    commit: None,
                    change,
                    before,
                });
            }
            let (commit, objects) = self.write(published, &before, &change, request, rules)?;
            let durability = before.rules.policy.durability;
            let flush = authority::flush(durability);
            self.ledger.repo.sync_objects(&objects, flush)?;
            // The work was committed with git, which flushes nothing by default.
            self.ledger.repo.sync_range(companion.to, companion.from)?;
            self.ledger.env.fail_point("landing");
            let known = self.exchange(published, commit, Some(companion), durability, false);
            match known.map_err(|error| error.about(&request.id))? {
                Known::Won => {
                    return Ok(Receipt {
                        commit: Some(commit),
                        change,
                        before,
                    });
                }
                Known::Lost { .. } | Known::Outdated => {
                    let target = self.ledger.target()?;
                    if target != companion.from {
                        return Err(self.moved(target));
                    }
                }
            }
        }
        Err(LedgerError::Starved(MOST_TRIES))
    }

    /// Moves the target alone: the ledger has the landing already, the target does not.
    ///
    /// # Errors
    /// [`LedgerError::Moved`] when the target is not at `companion.from`; the remote's no.
    pub fn move_target(&self, companion: &Companion) -> Result<(), LedgerError> {
        let _publishing = self.publish_lock("merge")?;
        let Some(tip) = self.sound_tip()? else {
            return Err(LedgerError::NoLedger);
        };
        let durability = self.durability(tip)?;
        match self.exchange(Some(tip), tip, Some(companion), durability, false)? {
            Known::Won => Ok(()),
            Known::Outdated => Err(self.moved(self.ledger.target()?)),
            Known::Lost { name } => Err(LedgerError::Moved {
                name,
                actual: "elsewhere".to_owned(),
            }),
        }
    }

    fn moved(&self, target: ObjectId) -> LedgerError {
        LedgerError::Moved {
            name: self.ledger.target_ref.clone(),
            actual: target.to_string(),
        }
    }

    fn publish_lock(&self, purpose: &str) -> Result<Held, LedgerError> {
        let path = self.ledger.dir().join("publish.lock");
        Ok(lock::take(&self.ledger.env, &path, purpose, LOCK_LIMIT)?)
    }

    fn build_lock(&self, purpose: &str) -> Result<Held, LedgerError> {
        let path = self.ledger.dir().join("build.lock");
        Ok(lock::take(&self.ledger.env, &path, purpose, LOCK_LIMIT)?)
    }

    /// The publish lock, taken before building, where publications are not to be shared: to measure
    /// what sharing gains (`LANEWAY_PUBLISH_ALONE`, BENCHMARKS.md).
    fn alone(&self) -> Option<Result<Held, LedgerError>> {
        self.ledger.env.var("LANEWAY_PUBLISH_ALONE")?;
        Some(self.publish_lock("publish"))
    }

    /// Settles what others built, with nothing held that they may wait for.
    fn settle_after(
        &self,
        alone: Option<Held>,
        tip: ObjectId,
        base: Option<ObjectId>,
    ) -> Result<Settled, LedgerError> {
        drop(alone);
        self.settle(tip, base)
    }

    /// Lets others of this machine go first after a lost race; among machines, who published and
    /// lost has waited already.
    fn step_back(&self) {
        let pause = Duration::from_micros(self.ledger.env.jitter(2000));
        self.ledger.env.clock.sleep(pause);
    }
}

/// Whether a verb goes on under older rules when the newest do not load: a bad pull request must
/// not keep holders from renewing or handing off (DESIGN §4).
fn keeps_going(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Renew { .. }
            | Verb::Note { .. }
            | Verb::Block { .. }
            | Verb::Hold { .. }
            | Verb::Session { .. }
            | Verb::Release { .. }
            | Verb::Handoff { .. }
    )
}
