//! Waiting for a pending commit, and publishing the chain for all who wait.

use std::time::{Duration, Instant};

use super::{LOCK_LIMIT, Publisher};
use crate::domain::id::ObjectId;
use crate::domain::policy::Durability;
use crate::ledger::authority::flush;
use crate::ledger::pending::{Fate, Pending, Verdict};
use crate::ledger::{LedgerError, lock};

/// What became of a pending commit.
pub(super) enum Settled {
    /// It is behind the settled tip.
    Acknowledged,
    /// It is in no chain any more: decide afresh.
    Dropped,
}

/// Longest pause after the first of several lost races.
const LONGEST_BACKOFF: Duration = Duration::from_millis(400);
/// Pause after many of them.
const SHORTEST_BACKOFF: Duration = Duration::from_millis(5);

/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_millis(4);

impl Publisher<'_> {
    /// Waits until `commit`, built on the published tip `base`, is settled or dropped, and
    /// publishes the pending chain itself when nobody else does.
    ///
    /// # Errors
    /// What the authority said to the chain that `commit` was in.
    pub(super) fn settle(
        &self,
        commit: ObjectId,
        base: Option<ObjectId>,
    ) -> Result<Settled, LedgerError> {
        let start = self.ledger.env.clock.instant();
        let mut pause = Duration::from_micros(200);
        loop {
            // Pending is read first: whoever takes a commit out of it has moved the ref before.
            let chain = self.pending.read();
            if self.contains(self.seen.tip(), commit, base)? {
                return Ok(Settled::Acknowledged);
            }
            let published = self.ledger.sound_tip()?;
            let moved = self.contains(published, commit, base)?;
            if !moved && !chain.after(published).contains(commit) {
                return match chain.fate_of(commit) {
                    Some(fate) => Err(self.error_of(fate, commit)),
                    None => Ok(Settled::Dropped),
                };
            }
            self.ledger.env.fail_point("waits");
            let path = self.ledger.dir().join("publish.lock");
            match lock::take_if_free(&self.ledger.env, &path, "publish")? {
                // Its publisher died after the move: what it may not have flushed is flushed here.
                Some(_publishing) if moved => self.finish(published)?,
                Some(_publishing) => self.publish_pending()?,
                None => {
                    self.ledger.env.clock.sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
            self.check_patience(start, commit)?;
        }
    }

    /// Gives up on a publisher that is alive and does not get on. The commit stays pending: whoever
    /// publishes next may publish it, so this is no definite no.
    fn check_patience(&self, start: Instant, commit: ObjectId) -> Result<(), LedgerError> {
        if self.ledger.env.clock.instant() - start < LOCK_LIMIT.max(self.authority.limit() * 2) {
            return Ok(());
        }
        let path = self.ledger.dir().join("publish.lock");
        Err(LedgerError::StillPending {
            request: self.request_of(commit),
            holder: lock::holder_of(&path),
        })
    }

    /// Makes sure of a published tip that an answer rests on and that this process did not publish:
    /// whoever moved it may have died, or not have flushed it yet.
    pub(super) fn confirm(&self) -> Result<(), LedgerError> {
        if self.seen.tip() == self.ledger.tip()? {
            return Ok(());
        }
        let _publishing = self.publish_lock("publish")?;
        self.finish(self.sound_tip()?)
    }

    /// Makes a tip that somebody else moved durable, and remembers it. The publish lock is held.
    pub(super) fn finish(&self, published: Option<ObjectId>) -> Result<(), LedgerError> {
        self.ledger.repo.flush_ref(&self.ledger.tip_ref)?;
        published.map_or(Ok(()), |tip| self.ledger.remember(tip))
    }

    /// Whether `published` is `commit` or comes after it. Looks no further back than `base`.
    pub(super) fn contains(
        &self,
        published: Option<ObjectId>,
        commit: ObjectId,
        base: Option<ObjectId>,
    ) -> Result<bool, LedgerError> {
        let Some(published) = published.filter(|published| Some(*published) != base) else {
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
    pub(super) fn publish_pending(&self) -> Result<(), LedgerError> {
        let published = self.ledger.sound_tip()?;
        let found = self.pending.read().after(published);
        if found.links.is_empty() {
            return Ok(());
        }
        let chain = self.living(found);
        let Some(to) = chain.links.last().map(|link| link.commit) else {
            return self.drop_pending(None);
        };
        let Ok(durability) = self.durability(to) else {
            return self.drop_pending(None);
        };
        let links = chain.links.iter();
        let objects: Vec<ObjectId> = links
            .flat_map(|link| link.objects.iter().copied())
            .collect();
        let flushed = self.ledger.repo.sync_objects(&objects, flush(durability));
        if let Err(error) = flushed {
            // Not tried again: a second flush of the same file may succeed without having written it.
            self.drop_pending(None)?;
            return Err(error.into());
        }
        self.ledger.env.fail_point("flushed");
        if self.ledger.remote().is_some() && !chain.sent {
            self.mark_sent()?;
        }
        match self.exchange(published, to, None, durability, chain.sent) {
            Ok(super::Known::Won) if chain.losses == 0 => Ok(()),
            Ok(super::Known::Won) => self.count_losses(0),
            Ok(super::Known::Lost { .. }) => self.count_losses(chain.losses + 1),
            // All who wait decide afresh: the ledger has not moved, so nothing else tells them.
            Ok(super::Known::Outdated) => self.drop_pending(None),
            Err(error) => self.give_up(&chain, published, durability, error),
        }
    }

    /// The authority took none of `chain`: all who wait are told why. A rule of the remote may be
    /// against one commit alone, so of several the first is tried by itself.
    fn give_up(
        &self,
        chain: &Pending,
        published: Option<ObjectId>,
        durability: Durability,
        error: LedgerError,
    ) -> Result<(), LedgerError> {
        let refused = matches!(error, LedgerError::RemoteRefused { .. });
        let (error, about) = match chain.links.as_slice() {
            [first, _, ..] if refused => {
                match self.exchange(published, first.commit, None, durability, false) {
                    Ok(_) => return self.drop_pending(None),
                    Err(error) => (error, Some(first.commit)),
                }
            }
            [only] if refused => (error, Some(only.commit)),
            _ => (error, None),
        };
        match fate(&error) {
            Some(fate) => self.drop_pending(Some((about, fate))),
            None => {
                self.drop_pending(None)?;
                Err(error)
            }
        }
    }

    /// Waits a random while after a race that was lost to another machine, before the look at what
    /// that one published, so that whoever decides afresh does so on the newest tip. Who has lost
    /// more often waits less: of many clones that race, the unlucky one comes first (P1;
    /// facts/reliability §2.1).
    pub(super) fn pause_after_loss(&self) {
        if self.ledger.remote().is_none() {
            return;
        }
        let losses = self.pending.read().losses;
        let ceiling = LONGEST_BACKOFF / (1 << losses.min(8));
        let ceiling = ceiling.max(SHORTEST_BACKOFF);
        let micros = u64::try_from(ceiling.as_micros()).unwrap_or(u64::MAX);
        let pause = Duration::from_micros(self.ledger.env.jitter(micros));
        self.ledger.env.clock.sleep(pause);
    }

    /// Notes that these commits are on their way: whoever pushes them again after this process died
    /// must not take a no for the last word, since its push may still arrive.
    fn mark_sent(&self) -> Result<(), LedgerError> {
        let _building = self.build_lock("publish")?;
        let mut chain = self.pending.read();
        chain.sent = true;
        self.replace_pending(&chain)
    }

    /// Remembers how often this machine has lost in a row. What lost or is published goes out of the
    /// pending chain; what others have built on the tip that is there now stays.
    fn count_losses(&self, losses: u32) -> Result<(), LedgerError> {
        let _building = self.build_lock("publish")?;
        let published = self.ledger.tip()?;
        let mut rest = self.pending.read().after(published);
        rest.losses = losses;
        rest.sent = false;
        self.replace_pending(&rest)
    }

    /// Empties the pending chain, and tells why: to the one commit it is about, or to all who wait
    /// by now.
    fn drop_pending(&self, reason: Option<(Option<ObjectId>, Fate)>) -> Result<(), LedgerError> {
        let _building = self.build_lock("publish")?;
        let published = self.ledger.tip()?;
        let waiting = self.pending.read().after(published).links;
        let mut empty = Pending::on(published);
        empty.verdict = reason.map(|(about, fate)| Verdict {
            commits: match about {
                Some(commit) => vec![commit],
                None => waiting.iter().map(|link| link.commit).collect(),
            },
            fate,
        });
        self.replace_pending(&empty)
    }
}

/// What a failed publication says to all who waited for it; none when the fault is this process's.
fn fate(error: &LedgerError) -> Option<Fate> {
    Some(match error {
        LedgerError::RemoteLocked { name, lock, .. } => Fate::Locked {
            name: name.clone(),
            lock: lock.clone(),
        },
        LedgerError::RemoteRefused {
            denial,
            name,
            reason,
            stderr,
            ..
        } => Fate::Refused {
            denial: *denial,
            name: name.clone(),
            reason: reason.clone(),
            stderr: stderr.clone(),
        },
        LedgerError::Unreachable { why, .. } => Fate::Unreachable { why: why.clone() },
        LedgerError::Unconfirmed { .. } => Fate::Unconfirmed,
        _ => return None,
    })
}
