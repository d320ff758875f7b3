//! Publication: how a decision becomes part of the ledger (DESIGN §4).
//!
//! Invariants:
//! - The ledger ref moves only by compare-and-swap from the tip that the published commits were
//!   built on. The locks give throughput; without them everything is still right.
//! - Lock order is publish, then build. Nothing waits and nothing uses the network while the build
//!   lock is held.
//! - A request is acknowledged only when its commit is an ancestor of the published tip, and under
//!   `durability: full` only after its objects, the ref and its directory were flushed.
//! - A refusal that was judged on commits not yet published is not told: they are published or
//!   dropped first, and the request is judged afresh.
//!
//! ```text
//! build lock:   pending tip → snapshot → decide → write objects → append to pending
//! publish lock: flush the objects of all pending commits → move the ref → trim pending
//! ```

use std::time::{Duration, Instant};

use super::authority::{self, Authority, Companion, Published};
use super::load::Loader;
use super::lock::{self, Held};
use super::pending::{Link, Pending, PendingFile};
use super::{Ledger, LedgerError, message, write};
use crate::domain::decide::{Change, decide};
use crate::domain::id::ObjectId;
use crate::domain::policy::Durability;
use crate::domain::request::Request;
use crate::domain::snapshot::Snapshot;
use crate::git::Signature;

/// Most tries before a request gives up against ever faster others.
const MOST_TRIES: u32 = 64;
/// Longest wait for a lock of this machine.
const LOCK_LIMIT: Duration = Duration::from_secs(60);
/// How many ledger commits back a repeated request id is looked for.
const REMEMBERED: usize = 5000;
/// Longest pause between two tries.
const LONGEST_BACKOFF: Duration = Duration::from_millis(500);

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

/// What building a commit came to.
enum Built {
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
}

/// What became of a pending commit.
enum Settled {
    Acknowledged,
    Dropped,
}

/// Carries out requests on one ledger.
pub struct Publisher<'l> {
    ledger: &'l Ledger,
    loader: Loader<'l>,
    authority: Box<dyn Authority>,
    pending: PendingFile,
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
        }
    }

    /// The loader, for reads that go with the mutation.
    #[must_use]
    pub fn loader(&self) -> &Loader<'l> {
        &self.loader
    }

    /// Brings ledger and target up to date with the authority.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`]; of git.
    pub fn refresh(&self) -> Result<(), LedgerError> {
        self.authority.refresh(self.ledger)
    }

    /// Judges `request` on the published tip and writes nothing.
    ///
    /// # Errors
    /// The refusal; whatever keeps the ledger from being read.
    pub fn judge(&self, request: &Request) -> Result<(Snapshot, Change), LedgerError> {
        let rules = self.rules_commit()?;
        let snapshot = self
            .loader
            .snapshot(self.ledger.tip()?, rules, Some(&request.verb))?;
        let change = decide(&snapshot, request)?;
        Ok((snapshot, change))
    }

    /// Carries out `request`: decides, publishes, and returns once the authority has confirmed.
    ///
    /// # Errors
    /// The refusal, told only on a published tip; a lost race that never ended; the remote's no.
    pub fn submit(&self, request: &Request) -> Result<Receipt, LedgerError> {
        let mut refreshed = self.ledger.remote().is_none();
        // Commits that were dropped here. A push without an answer may have carried them all the
        // same, so each look at the published tip asks for them first.
        let mut dropped: Vec<(ObjectId, Option<ObjectId>, Receipt)> = Vec::new();
        for attempt in 0..MOST_TRIES {
            let published = self.ledger.tip()?;
            for n in 0..dropped.len() {
                let (commit, base, _) = &dropped[n];
                if self.contains(published, *commit, *base)? {
                    return Ok(dropped.swap_remove(n).2);
                }
            }
            match self.build(request)? {
                Built::Nothing(receipt) => return Ok(receipt),
                Built::Refused(_) if !refreshed => {
                    // What is known here may be old: a refusal is told only after a look.
                    self.authority.refresh(self.ledger)?;
                    refreshed = true;
                    continue;
                }
                Built::Refused(refusal) => return Err(refusal),
                Built::Unsettled { tip, base } => match self.settle(tip, base)? {
                    Settled::Acknowledged | Settled::Dropped => continue,
                },
                Built::Commit {
                    commit,
                    base,
                    receipt,
                } => {
                    self.ledger.env.fail_point("built");
                    let settled = self.settle(commit, base);
                    match settled.map_err(|error| error.about(&request.id))? {
                        Settled::Acknowledged => return Ok(receipt),
                        Settled::Dropped => dropped.push((commit, base, receipt)),
                    }
                }
            }
            self.back_off(attempt);
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
        let purpose = request.verb.word();
        let _publishing = self.publish_lock(purpose)?;
        let mut refreshed = self.ledger.remote().is_none();
        for attempt in 0..MOST_TRIES {
            self.publish_pending()?;
            let published = self.ledger.tip()?;
            let rules = self.rules_after(published)?;
            if rules != companion.from {
                return Err(self.moved(rules));
            }
            let before = self
                .loader
                .snapshot(published, rules, Some(&request.verb))?;
            let change = match decide(&before, request) {
                Ok(change) => change,
                Err(_) if !refreshed => {
                    self.authority.refresh(self.ledger)?;
                    refreshed = true;
                    continue;
                }
                Err(refusal) => return Err(refusal.into()),
            };
            if change.is_empty() {
                return Ok(Receipt {
                    commit: None,
                    change,
                    before,
                });
            }
            let (commit, objects) = self.write(published, &before, &change, request, rules)?;
            let durability = before.rules.policy.durability;
            if durability == Durability::Full {
                self.ledger.repo.sync_objects(&objects)?;
            }
            self.ledger.env.fail_point("landing");
            let outcome = self.authority.publish(
                self.ledger,
                published,
                commit,
                Some(companion),
                durability,
            )?;
            match outcome {
                Published::Won => {
                    return Ok(Receipt {
                        commit: Some(commit),
                        change,
                        before,
                    });
                }
                Published::Lost { .. } => {
                    self.authority.refresh(self.ledger)?;
                    let target = self.ledger.target()?;
                    if target != companion.from {
                        return Err(self.moved(target));
                    }
                }
                other => {
                    self.settled_as(other, request.id.as_str(), commit)?;
                    return Ok(Receipt {
                        commit: Some(commit),
                        change,
                        before,
                    });
                }
            }
            self.back_off(attempt);
        }
        Err(LedgerError::Starved(MOST_TRIES))
    }

    /// The receipt of a request that was carried out before, if its id stands in the last
    /// [`REMEMBERED`] ledger commits: decided again, it says what it said then.
    ///
    /// # Errors
    /// Of git; when the ledger at that commit does not read.
    pub fn carried_out_before(&self, request: &Request) -> Result<Option<Receipt>, LedgerError> {
        let Some(tip) = self.ledger.tip()? else {
            return Ok(None);
        };
        for commit in self.ledger.repo.first_parents(tip).take(REMEMBERED) {
            let commit = commit?;
            let message = self.ledger.repo.commit(commit)?.message;
            if message::trailer(&message, "Laneway-Id") != Some(request.id.as_str()) {
                continue;
            }
            let parent = self.ledger.repo.parents(commit)?.first().copied();
            let rules = message::trailer(&message, "Laneway-Rules");
            let rules = match rules.and_then(|text| text.parse().ok()) {
                Some(rules) => rules,
                None => self.ledger.target()?,
            };
            let statement = message::read(&message, |path, blob| {
                self.loader
                    .plan_blob(path, blob)
                    .ok()
                    .map(|tasks| tasks.to_vec())
            });
            let said = statement
                .map_err(|why| LedgerError::ForeignCommit { commit, why })?
                .request;
            let before = self.loader.snapshot(parent, rules, Some(&said.verb))?;
            let change = decide(&before, &said)?;
            return Ok(Some(Receipt {
                commit: Some(commit),
                change,
                before,
            }));
        }
        Ok(None)
    }

    /// Moves the target alone: the ledger has the landing already, the target does not.
    ///
    /// # Errors
    /// [`LedgerError::Moved`] when the target is not at `companion.from`; the remote's no.
    pub fn move_target(&self, companion: &Companion) -> Result<(), LedgerError> {
        let _publishing = self.publish_lock("merge")?;
        let Some(tip) = self.ledger.tip()? else {
            return Err(LedgerError::NoLedger);
        };
        let durability = self.durability(tip)?;
        let (ledger, companion) = (self.ledger, Some(companion));
        match self
            .authority
            .publish(ledger, Some(tip), tip, companion, durability)?
        {
            Published::Won => Ok(()),
            Published::Lost { name, actual } => {
                let actual = actual.map_or("elsewhere".to_owned(), |id| id.to_string());
                Err(LedgerError::Moved { name, actual })
            }
            other => self.settled_as(other, &self.request_of(tip), tip),
        }
    }

    fn moved(&self, target: ObjectId) -> LedgerError {
        LedgerError::Moved {
            name: self.ledger.target_ref.clone(),
            actual: target.to_string(),
        }
    }

    /// The target commit whose rules judge: never older than the last one used. This machine's
    /// target may only be behind, so the authority is asked once.
    fn rules_commit(&self) -> Result<ObjectId, LedgerError> {
        match self.rules_after(self.ledger.tip()?) {
            Err(LedgerError::RulesWentBack { .. }) => {
                self.authority.refresh(self.ledger)?;
                self.rules_after(self.ledger.tip()?)
            }
            rules => rules,
        }
    }

    /// The target, unless it does not descend from the rules of `tip`. Uses no network.
    fn rules_after(&self, tip: Option<ObjectId>) -> Result<ObjectId, LedgerError> {
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
        let last = message::trailer(&message, "Laneway-Rules").and_then(|text| text.parse().ok());
        match last.filter(|last| *last != target) {
            None => Ok(target),
            Some(last) if repo.exists(last) && repo.is_ancestor(last, target)? => Ok(target),
            Some(last) => Err(LedgerError::RulesWentBack { target, last }),
        }
    }

    fn build(&self, request: &Request) -> Result<Built, LedgerError> {
        let rules = self.rules_commit()?;
        // What changes rarely is read before the lock is taken.
        self.loader.warm(self.ledger.tip()?, rules)?;
        let path = self.ledger.dir().join("build.lock");
        let _building = lock::take(&self.ledger.env, &path, request.verb.word(), LOCK_LIMIT)?;
        let published = self.ledger.tip()?;
        let chain = self.living(self.pending.read().after(published));
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
        let rules = self.rules_after(tip)?;
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
        chain.links.push(Link {
            commit,
            waiter: self.ledger.env.pid,
            objects,
        });
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
    fn living(&self, chain: Pending) -> Pending {
        let alive = chain
            .links
            .iter()
            .any(|link| self.ledger.env.processes.exists(link.waiter));
        let mut below = chain.base;
        let line = chain.links.iter().all(|link| {
            let parents = self.ledger.repo.parents(link.commit);
            let extends = parents.is_ok_and(|parents| parents == below.as_slice());
            below = Some(link.commit);
            extends
        });
        if alive && line {
            chain
        } else {
            Pending::on(chain.base)
        }
    }

    fn write(
        &self,
        parent: Option<ObjectId>,
        before: &Snapshot,
        change: &Change,
        request: &Request,
        rules: ObjectId,
    ) -> Result<(ObjectId, Vec<ObjectId>), LedgerError> {
        let mut writer = self.ledger.repo.writer();
        let committer = self.committer(request);
        let rules = before.tip.is_some().then_some(rules);
        let commit = write::commit(
            &self.loader,
            &mut writer,
            parent,
            change,
            request,
            rules,
            committer,
        )?;
        let mut objects = writer.written().to_vec();
        for plan in &change.plan {
            if let crate::domain::decide::PlanChange::File { blob, .. } = plan {
                objects.push(*blob);
            }
        }
        Ok((commit, objects))
    }

    /// The machine's git identity, at the moment of the request.
    fn committer(&self, request: &Request) -> Signature {
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

    /// Waits until `commit`, built on the published tip `base`, is published or dropped, and
    /// publishes the pending chain itself when nobody else does.
    fn settle(&self, commit: ObjectId, base: Option<ObjectId>) -> Result<Settled, LedgerError> {
        let start = self.ledger.env.clock.instant();
        let mut pause = Duration::from_micros(200);
        loop {
            // Pending is read first: whoever trims it has moved the ref before.
            let chain = self.pending.read();
            let published = self.ledger.tip()?;
            if self.contains(published, commit, base)? {
                // The publisher trims the chain after it has flushed the ref. One that died in
                // between leaves that to us.
                if !chain.contains(commit) {
                    return Ok(Settled::Acknowledged);
                }
                let path = self.ledger.dir().join("publish.lock");
                if let Some(_publishing) = lock::take_if_free(&self.ledger.env, &path, "publish")? {
                    self.ledger.repo.flush_ref(&self.ledger.tip_ref)?;
                    if let Some(published) = published {
                        self.trim_pending(published)?;
                    }
                    return Ok(Settled::Acknowledged);
                }
                self.ledger.env.clock.sleep(pause);
                self.check_patience(start)?;
                continue;
            }
            if !chain.after(published).contains(commit) {
                return Ok(Settled::Dropped);
            }
            let path = self.ledger.dir().join("publish.lock");
            match lock::take_if_free(&self.ledger.env, &path, "publish")? {
                Some(_publishing) => self.publish_pending()?,
                None => {
                    self.ledger.env.clock.sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(4));
                    self.check_patience(start)?;
                }
            }
        }
    }

    fn check_patience(&self, start: Instant) -> Result<(), LedgerError> {
        if self.ledger.env.clock.instant() - start < LOCK_LIMIT {
            return Ok(());
        }
        // The bounded wait of the lock gives the error that names the holder.
        self.publish_lock("publish").map(drop)
    }

    fn publish_lock(&self, purpose: &str) -> Result<Held, LedgerError> {
        let path = self.ledger.dir().join("publish.lock");
        Ok(lock::take(&self.ledger.env, &path, purpose, LOCK_LIMIT)?)
    }

    /// Whether `published` is `commit` or comes after it. Looks no further back than `base`.
    fn contains(
        &self,
        published: Option<ObjectId>,
        commit: ObjectId,
        base: Option<ObjectId>,
    ) -> Result<bool, LedgerError> {
        let Some(published) = published else {
            return Ok(false);
        };
        for id in self.ledger.repo.first_parents(published) {
            let id = id?;
            if id == commit {
                return Ok(true);
            }
            if Some(id) == base {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Publishes the pending chain. The publish lock is held.
    fn publish_pending(&self) -> Result<(), LedgerError> {
        let published = self.ledger.tip()?;
        let found = self.pending.read().after(published);
        if found.links.is_empty() {
            return Ok(());
        }
        let chain = self.living(found);
        let (Some(to), false) = (chain.tip(), chain.links.is_empty()) else {
            return self.drop_pending();
        };
        let Ok(durability) = self.durability(to) else {
            return self.drop_pending();
        };
        if durability == Durability::Full {
            let objects: Vec<ObjectId> = chain
                .links
                .iter()
                .flat_map(|link| link.objects.iter().copied())
                .collect();
            if self.ledger.repo.sync_objects(&objects).is_err() {
                return self.drop_pending();
            }
        }
        self.ledger.env.fail_point("flushed");
        let outcome = self
            .authority
            .publish(self.ledger, published, to, None, durability)?;
        self.ledger.env.fail_point("published");
        match outcome {
            Published::Won => self.trim_pending(to),
            Published::Lost { .. } => {
                self.drop_pending()?;
                self.authority.refresh(self.ledger)
            }
            other => {
                self.drop_pending()?;
                let id = self.request_of(to);
                self.settled_as(other, &id, to)
            }
        }
    }

    /// The durability that the rules of `commit` ask for.
    fn durability(&self, commit: ObjectId) -> Result<Durability, LedgerError> {
        let message = self.ledger.repo.commit(commit)?.message;
        let rules = message::trailer(&message, "Laneway-Rules").and_then(|text| text.parse().ok());
        let rules = match rules {
            Some(rules) => rules,
            None => self.ledger.target()?,
        };
        Ok(self.loader.rules(rules)?.policy.durability)
    }

    fn request_of(&self, commit: ObjectId) -> String {
        let message = self.ledger.repo.commit(commit).map(|commit| commit.message);
        let id = message
            .ok()
            .and_then(|m| message::trailer(&m, "Laneway-Id").map(str::to_owned));
        id.unwrap_or_else(|| "unknown".to_owned())
    }

    fn trim_pending(&self, published: ObjectId) -> Result<(), LedgerError> {
        let _building = self.build_lock()?;
        let rest = self.pending.read().after(Some(published));
        self.replace_pending(&rest)
    }

    fn drop_pending(&self) -> Result<(), LedgerError> {
        let _building = self.build_lock()?;
        let base = self.ledger.tip()?;
        self.replace_pending(&Pending::on(base))
    }

    fn build_lock(&self) -> Result<Held, LedgerError> {
        let path = self.ledger.dir().join("build.lock");
        Ok(lock::take(&self.ledger.env, &path, "publish", LOCK_LIMIT)?)
    }

    fn replace_pending(&self, pending: &Pending) -> Result<(), LedgerError> {
        self.pending
            .replace(pending)
            .map_err(|source| LedgerError::Io {
                path: self.ledger.dir().join("pending"),
                source,
            })
    }

    /// Turns an outcome that is neither won nor lost into its error. An unknown outcome is looked
    /// up once: what the remote has is settled.
    fn settled_as(&self, outcome: Published, id: &str, to: ObjectId) -> Result<(), LedgerError> {
        let Some(remote) = self.ledger.remote().cloned() else {
            return Ok(());
        };
        match outcome {
            Published::Won | Published::Lost { .. } => Ok(()),
            Published::Refused {
                name,
                reason,
                stderr,
            } => Err(LedgerError::RemoteRefused {
                remote,
                name,
                reason,
                stderr,
            }),
            Published::Unreachable { stderr } => Err(LedgerError::Unreachable {
                remote,
                why: authority::last_line(&stderr),
            }),
            Published::Indeterminate { .. } => {
                let looked = self.authority.refresh(self.ledger).is_ok();
                if looked && self.contains(self.ledger.tip()?, to, None)? {
                    return Ok(());
                }
                Err(LedgerError::Unconfirmed {
                    remote,
                    request: id.to_owned(),
                })
            }
        }
    }

    /// Waits a random while, longer with every try.
    fn back_off(&self, attempt: u32) {
        let ceiling = Duration::from_millis(2) * 2_u32.saturating_pow(attempt.min(10));
        let ceiling = ceiling.min(LONGEST_BACKOFF);
        let micros = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX);
        self.ledger
            .env
            .clock
            .sleep(Duration::from_micros(self.ledger.env.jitter(micros)));
    }
}
