//! One exchange with the authority, until its outcome is known (DESIGN §4, hard cases).

use std::time::Duration;

use super::Publisher;
use crate::domain::id::ObjectId;
use crate::domain::policy::Durability;
use crate::domain::push::STALE;
use crate::git::{Denial, PushOutcome};
use crate::ledger::authority::{self, Companion};
use crate::ledger::pending::Fate;
use crate::ledger::{LedgerError, message};

/// How often a race may be lost to nobody.
const MOST_UNMOVED: u32 = 3;

/// An outcome after which one knows how to go on.
pub(super) enum Known {
    /// The authority has the commits, and the tip is remembered.
    Won,
    /// Somebody was faster; what they published is here.
    Lost {
        /// The ref that was not where it should be.
        name: String,
    },
    /// Rules or plan changed before the commits arrived; they are here now.
    Outdated,
}

impl Publisher<'_> {
    /// Publishes `to` on `from`, and finds out what came of it within the authority's limit. The
    /// publish lock is held.
    ///
    /// A push without an answer is settled by a look: the commit is there → won; the tip moved
    /// without it → lost; the tip has not moved → the same commits are pushed again, never rebuilt
    /// ones, so that one that arrives late cannot be a second. While one may still arrive
    /// (`under_way`), no later answer is a definite no.
    pub(super) fn exchange(
        &self,
        from: Option<ObjectId>,
        to: ObjectId,
        companion: Option<&Companion>,
        durability: Durability,
        mut under_way: bool,
    ) -> Result<Known, LedgerError> {
        let clock = &self.ledger.env.clock;
        let (limit, start) = (self.authority.limit(), clock.instant());
        let left = || limit.saturating_sub(clock.instant() - start);
        // Part of the time is kept for the look.
        let reserve = limit / 4;
        let mut unmoved = 0;
        loop {
            let outcome = self.authority.publish(
                self.ledger,
                from,
                to,
                companion,
                durability,
                left().saturating_sub(reserve),
            )?;
            self.ledger.env.fail_point("published");
            match outcome {
                PushOutcome::Won => {
                    self.ledger.remember(to)?;
                    self.ledger.env.fail_point("remembered");
                    return Ok(Known::Won);
                }
                PushOutcome::Lost { name, reason } => {
                    self.pause_after_loss();
                    let time = left().max(reserve);
                    self.look(time)
                        .map_err(|error| self.in_doubt(error, under_way, to))?;
                    let tip = self.ledger.sound_tip()?;
                    // An earlier push of the same may have arrived, and others built on it.
                    if under_way && self.contains(tip, to, from)? {
                        self.ledger.remember(to)?;
                        return Ok(Known::Won);
                    }
                    if tip != from || companion.is_some() || self.ledger.remote().is_none() {
                        return Ok(Known::Lost { name });
                    }
                    // Nobody was faster: the remote cannot move the ref, whatever it calls that.
                    unmoved += 1;
                    if unmoved == MOST_UNMOVED || left() <= reserve {
                        let fate = Fate::Refused {
                            denial: Denial::Storage,
                            name,
                            reason,
                            stderr: String::new(),
                        };
                        return Err(self.in_doubt(self.error_of(&fate, to), under_way, to));
                    }
                }
                // One sent before may still arrive, judged before the change.
                PushOutcome::Outdated { .. } if under_way => return Err(self.unconfirmed(to)),
                PushOutcome::Outdated { name, stderr } => {
                    self.pause_after_loss();
                    self.look(left().max(reserve))?;
                    let judged = self.ledger.repo.commit(to)?.message;
                    if message::rules(&judged) != Some(self.ledger.target()?) {
                        return Ok(Known::Outdated);
                    }
                    // Decided afresh it would be the same: what is fetched here is not what the
                    // remote has.
                    let fate = Fate::Refused {
                        denial: Denial::Hook,
                        name,
                        reason: STALE.to_owned(),
                        stderr,
                    };
                    return Err(self.error_of(&fate, to));
                }
                PushOutcome::Indeterminate { .. } => {
                    under_way = true;
                    self.look(left())
                        .map_err(|error| self.in_doubt(error, under_way, to))?;
                    let tip = self.ledger.sound_tip()?;
                    if self.contains(tip, to, from)? {
                        self.ledger.remember(to)?;
                        return Ok(Known::Won);
                    }
                    if tip != from {
                        let name = self.ledger.tip_ref.clone();
                        return Ok(Known::Lost { name });
                    }
                    if left() <= reserve {
                        return Err(self.unconfirmed(to));
                    }
                    let pause = Duration::from_millis(20 + self.ledger.env.jitter(80));
                    clock.sleep(pause);
                }
                PushOutcome::Locked { .. }
                | PushOutcome::Refused { .. }
                | PushOutcome::Unreachable { .. }
                    if under_way =>
                {
                    return Err(self.unconfirmed(to));
                }
                PushOutcome::Locked { name, lock } => {
                    return Err(self.error_of(&Fate::Locked { name, lock }, to));
                }
                PushOutcome::Refused {
                    denial,
                    name,
                    reason,
                    stderr,
                } => {
                    let fate = Fate::Refused {
                        denial,
                        name,
                        reason,
                        stderr,
                    };
                    return Err(self.error_of(&fate, to));
                }
                PushOutcome::Unreachable { stderr } => {
                    let why = authority::last_line(&stderr);
                    return Err(self.error_of(&Fate::Unreachable { why }, to));
                }
            }
        }
    }

    fn look(&self, limit: Duration) -> Result<(), LedgerError> {
        self.authority.refresh(self.ledger, limit)
    }

    /// A failure while an earlier push may still arrive is no definite no; that the ledger was
    /// rewritten is for a person in any case.
    fn in_doubt(&self, error: LedgerError, under_way: bool, to: ObjectId) -> LedgerError {
        match error {
            LedgerError::Rewritten { .. } => error,
            _ if under_way => self.unconfirmed(to),
            _ => error,
        }
    }

    fn unconfirmed(&self, to: ObjectId) -> LedgerError {
        self.error_of(&Fate::Unconfirmed, to)
    }

    /// A fate as the error of the request whose commit is `to`.
    pub(super) fn error_of(&self, fate: &Fate, to: ObjectId) -> LedgerError {
        let Some(remote) = self.ledger.remote().cloned() else {
            return LedgerError::NoLedger;
        };
        match fate.clone() {
            Fate::Locked { name, lock } => LedgerError::RemoteLocked { remote, name, lock },
            Fate::Refused {
                denial,
                name,
                reason,
                stderr,
            } => LedgerError::RemoteRefused {
                remote,
                denial,
                name,
                reason,
                stderr,
            },
            Fate::Unreachable { why } => LedgerError::Unreachable { remote, why },
            Fate::Unconfirmed => LedgerError::Unconfirmed {
                remote,
                request: self.request_of(to),
            },
        }
    }

    pub(super) fn request_of(&self, commit: ObjectId) -> String {
        let message = self.ledger.repo.commit(commit).map(|commit| commit.message);
        let id = message
            .ok()
            .and_then(|m| message::trailer(&m, "Laneway-Id").map(str::to_owned));
        id.unwrap_or_else(|| "unknown".to_owned())
    }
}
