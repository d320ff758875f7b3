//! The authorities of a seed: a remote made of two refs and a network that loses answers, and the
//! real local one between two steps.
//!
//! The objects of all machines lie in one store, so a push or a fetch is no more than the move of
//! a ref. What a push does to the remote it does at one step; its way there and the way back are
//! steps of their own, and either may fail.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use laneway::domain::id::ObjectId;
use laneway::domain::policy::Durability;
use laneway::git::PushOutcome;
use laneway::ledger::authority::Authority;
use laneway::ledger::{Companion, Ledger, LedgerError, message};

use crate::seams::Seams;
use crate::template::move_ref;
use crate::weather::Breakage;

/// How long an exchange may take before its answer counts as lost.
const LIMIT: Duration = Duration::from_secs(30);

/// The remote's ledger ref, and pushes that are still under way.
#[derive(Debug)]
pub struct Hub {
    /// Where the ledger stands.
    pub tip: ObjectId,
    late: Vec<Late>,
}

/// A push that will arrive.
#[derive(Debug)]
struct Late {
    due: u64,
    from: Option<ObjectId>,
    to: ObjectId,
}

impl Hub {
    /// A remote whose ledger stands at `tip`.
    pub fn new(tip: ObjectId) -> Self {
        Self {
            tip,
            late: Vec::new(),
        }
    }

    /// Compare and swap.
    fn moves(&mut self, from: Option<ObjectId>, to: ObjectId) -> bool {
        let moves = from == Some(self.tip);
        if moves {
            self.tip = to;
        }
        moves
    }

    /// What should have arrived by `now` arrives, in order.
    pub fn arrive(&mut self, now: u64) {
        self.late.sort_by_key(|late| late.due);
        while self.late.first().is_some_and(|late| late.due <= now) {
            let late = self.late.remove(0);
            self.moves(late.from, late.to);
        }
    }
}

/// A publication succeeded: nobody of the machine may have been passed by too often.
fn won(
    seams: &Seams,
    ledger: &Ledger,
    from: Option<ObjectId>,
    to: ObjectId,
) -> Result<(), LedgerError> {
    let mut ids = Vec::new();
    for commit in ledger.repo.first_parents(to) {
        let commit = commit?;
        if Some(commit) == from {
            break;
        }
        let text = ledger.repo.commit(commit)?.message;
        ids.extend(message::trailer(&text, "Laneway-Id").map(str::to_owned));
    }
    seams.say(&format!("published {}", ids.join(" ")));
    let passed = seams.waiting.lock().unwrap().published(&ids);
    let fair = seams.schedule.draw(|_, weather| weather.was_fair);
    if let (Some(id), true) = (passed, fair) {
        let wrong = format!("{id} was built and passed by twice");
        seams.schedule.fail(wrong);
    }
    Ok(())
}

fn lost(seams: &Seams) {
    seams.waiting.lock().unwrap().lost();
}

/// The real authority of one repository, with a step before and after.
pub struct Here {
    /// What it is.
    pub real: Box<dyn Authority>,
    /// The actor that uses it.
    pub seams: Seams,
}

impl Authority for Here {
    fn publish(
        &self,
        ledger: &Ledger,
        from: Option<ObjectId>,
        to: ObjectId,
        companion: Option<&Companion>,
        durability: Durability,
        limit: Duration,
    ) -> Result<PushOutcome, LedgerError> {
        self.seams.step("moves the ref");
        let outcome = self
            .real
            .publish(ledger, from, to, companion, durability, limit)?;
        match outcome {
            PushOutcome::Won => won(&self.seams, ledger, from, to)?,
            _ => lost(&self.seams),
        }
        self.seams.step("has moved the ref");
        Ok(outcome)
    }

    fn refresh(&self, ledger: &Ledger, limit: Duration) -> Result<(), LedgerError> {
        self.real.refresh(ledger, limit)
    }

    fn limit(&self) -> Duration {
        self.real.limit()
    }
}

/// The remote, as one machine sees it.
pub struct There {
    /// The remote itself.
    pub hub: Arc<Mutex<Hub>>,
    /// The actor that uses it.
    pub seams: Seams,
    /// What is broken on purpose.
    pub broken: Option<Breakage>,
}

/// What the network does with an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Fine,
    Slow(Duration),
    Unreachable,
    Refused,
    Lost,
    /// The answer is lost.
    Applied(Duration),
    /// The request is lost.
    NotApplied(Duration),
    /// The sender waits for the first time, the request arrives after the second.
    AppliedLater(Duration, Duration),
}

fn behind(ledger: &Ledger) -> PushOutcome {
    PushOutcome::Lost {
        name: ledger.marker.branch.full(),
        reason: "stale info".to_owned(),
    }
}

fn refused(ledger: &Ledger) -> PushOutcome {
    PushOutcome::Refused {
        denial: laneway::git::Denial::Hook,
        name: ledger.marker.branch.full(),
        reason: "pre-receive hook declined".to_owned(),
        stderr: String::new(),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl There {
    fn fate(&self) -> Fate {
        self.seams.schedule.draw(|dice, weather| {
            if weather.faults == 0 || !dice.happens(weather.fault_chance) {
                return Fate::Fine;
            }
            weather.faults -= 1;
            let mut time = || Duration::from_millis(*dice.pick(&[3, 50, 2_000, 40_000, 400_000]));
            let (first, second) = (time(), time());
            match dice.below(8) {
                0 => Fate::Unreachable,
                1 => Fate::Refused,
                2 => Fate::Lost,
                3 => Fate::Applied(first),
                4 => Fate::NotApplied(first),
                5 | 6 => Fate::AppliedLater(first, second),
                _ => Fate::Slow(first),
            }
        })
    }

    fn hub<T>(&self, with: impl FnOnce(&mut Hub) -> T) -> T {
        let now = self.seams.schedule.now();
        let mut hub = self.hub.lock().unwrap();
        hub.arrive(now);
        with(&mut hub)
    }

    /// Compare-and-swap in the remote, or what is there in its place.
    fn swap(&self, from: Option<ObjectId>, to: ObjectId) -> bool {
        let due = self.seams.schedule.now() + 5_000;
        self.hub(|hub| match self.broken {
            Some(Breakage::WonWithoutMoving) => true,
            Some(Breakage::NoExpectedValue) => {
                hub.tip = to;
                true
            }
            Some(Breakage::ConfirmedTooEarly) => {
                hub.late.push(Late { due, from, to });
                true
            }
            _ => hub.moves(from, to),
        })
    }

    /// The tracking ref follows a push that was confirmed; it never goes back.
    fn follow(&self, ledger: &Ledger, to: ObjectId) -> Result<(), LedgerError> {
        let now = ledger.tip()?;
        if let Some(now) = now
            && ledger.repo.is_ancestor(to, now)?
        {
            return Ok(());
        }
        self.seams.step("push: follows");
        move_ref(&ledger.repo, &ledger.tip_ref, now, to);
        Ok(())
    }

    fn unreachable(&self, ledger: &Ledger) -> LedgerError {
        LedgerError::Unreachable {
            remote: ledger.remote().expect("a remote decides").clone(),
            why: "the simulated network is down".to_owned(),
        }
    }
}

impl Authority for There {
    fn publish(
        &self,
        ledger: &Ledger,
        from: Option<ObjectId>,
        to: ObjectId,
        _: Option<&Companion>,
        _: Durability,
        limit: Duration,
    ) -> Result<PushOutcome, LedgerError> {
        let seams = &self.seams;
        seams.step("push: sent");
        let fate = self.fate();
        if fate != Fate::Fine {
            self.seams.say(&format!("push of {}: {fate:?}", to.short()));
        }
        let unknown = |waited: Duration| PushOutcome::Indeterminate {
            timed_out: waited >= limit,
            stderr: format!("{fate:?}"),
        };
        match fate {
            Fate::Fine => {}
            Fate::Unreachable => {
                let stderr = "the simulated network is down".to_owned();
                return Ok(PushOutcome::Unreachable { stderr });
            }
            Fate::Refused => return Ok(refused(ledger)),
            Fate::Lost => {
                lost(seams);
                return Ok(behind(ledger));
            }
            Fate::Slow(time) => {
                seams.pause("push: under way", time.min(limit));
                if time >= limit {
                    return Ok(unknown(time));
                }
            }
            Fate::NotApplied(wait) => {
                seams.pause("push: no answer", wait.min(limit));
                return Ok(unknown(wait));
            }
            Fate::AppliedLater(wait, after) => {
                let due = seams.schedule.now() + micros(after);
                self.hub(|hub| hub.late.push(Late { due, from, to }));
                seams.pause("push: no answer", wait.min(limit));
                return Ok(unknown(wait));
            }
            Fate::Applied(wait) => {
                self.swap(from, to);
                seams.pause("push: no answer", wait.min(limit));
                return Ok(unknown(wait));
            }
        }
        let moved = self.swap(from, to);
        if moved {
            won(&self.seams, ledger, from, to)?;
        } else {
            lost(&self.seams);
        }
        seams.step("push: answered");
        if !moved {
            return Ok(behind(ledger));
        }
        self.follow(ledger, to)?;
        Ok(PushOutcome::Won)
    }

    fn limit(&self) -> Duration {
        LIMIT
    }

    fn refresh(&self, ledger: &Ledger, _: Duration) -> Result<(), LedgerError> {
        let seams = &self.seams;
        seams.step("fetch: sent");
        let stale = self.broken == Some(Breakage::StaleFetch);
        if stale && seams.schedule.draw(|dice, _| dice.happens(500)) {
            return Ok(());
        }
        if matches!(
            self.fate(),
            Fate::Unreachable | Fate::NotApplied(_) | Fate::AppliedLater(..)
        ) {
            self.seams.say("fetch: unreachable");
            return Err(self.unreachable(ledger));
        }
        for _ in 0..6 {
            let old = ledger.tip()?;
            let new = self.hub(|hub| hub.tip);
            if old == Some(new) {
                return ledger.observe();
            }
            seams.step("fetch: answered");
            if move_ref(&ledger.repo, &ledger.tip_ref, old, new) {
                lost(seams);
                return ledger.observe();
            }
            // Another process fetched the same refs at the same time.
            seams.pause("fetch: again", Duration::from_millis(30));
        }
        Err(self.unreachable(ledger))
    }
}
