//! The environment of a simulated process: every seam of `env` leads to the schedule.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use laneway::domain::time::Timestamp;
use laneway::env::{Clock, Env, FailPoints, Notices, Processes, Random};

use crate::schedule::Schedule;
use crate::waiting::Waiting;

/// The moment at which every seed begins.
pub const START: i64 = 1_795_000_000;

/// A machine's own idea of the time.
#[derive(Debug, Default)]
pub struct WallClock {
    /// Seconds that it is ahead.
    ahead: AtomicI64,
}

impl WallClock {
    /// A clock that is so many seconds ahead.
    pub fn ahead_by(seconds: i64) -> Arc<Self> {
        Arc::new(Self {
            ahead: AtomicI64::new(seconds),
        })
    }

    /// Moves it.
    pub fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// One actor on one machine.
#[derive(Clone)]
pub struct Seams {
    /// The schedule of the seed.
    pub schedule: Arc<Schedule>,
    /// The number of the actor.
    pub actor: usize,
    /// The machine's clock.
    pub wall: Arc<WallClock>,
    /// Those who wait on the machine for a publication.
    pub waiting: Arc<Mutex<Waiting>>,
    /// The id of the request that the actor is carrying out.
    pub asking: Arc<Mutex<String>>,
}

impl Seams {
    /// What a process of this actor is given.
    pub fn env(&self, dir: &Path, host: &str, pid: u32) -> Env {
        let seams = Arc::new(self.clone());
        Env {
            vars: BTreeMap::new(),
            dir: dir.to_owned(),
            exe: "laneway".into(),
            host: host.to_owned(),
            pid,
            clock: seams.clone(),
            random: seams.clone(),
            processes: seams.clone(),
            fail_points: seams,
            notices: Notices::default(),
        }
    }

    /// Gives the turn away.
    pub fn step(&self, what: &str) {
        self.pause(what, Duration::ZERO);
    }

    /// Adds a line to the trace.
    pub fn say(&self, what: &str) {
        self.schedule.say(self.actor, what);
    }

    /// Gives the turn away for at least this long.
    pub fn pause(&self, what: &str, time: Duration) {
        self.schedule.step(self.actor, what, time);
    }
}

impl Clock for Seams {
    fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.schedule.now() / 1_000_000).unwrap_or(i64::MAX);
        Timestamp::from_seconds(START + seconds + self.wall.ahead.load(Ordering::SeqCst))
    }

    fn instant(&self) -> Instant {
        self.schedule.instant()
    }

    fn sleep(&self, time: Duration) {
        self.schedule.nap(self.actor, time);
    }

    fn since_boot(&self) -> Option<Duration> {
        Some(Duration::from_micros(self.schedule.now()))
    }
}

impl Random for Seams {
    fn fill(&self, bytes: &mut [u8]) {
        self.schedule.draw(|dice, _| {
            for chunk in bytes.chunks_mut(8) {
                let drawn = dice.next().to_le_bytes();
                chunk.copy_from_slice(&drawn[..chunk.len()]);
            }
        });
    }
}

impl Processes for Seams {
    fn boot(&self) -> String {
        "boot".to_owned()
    }

    fn exists(&self, pid: u32) -> bool {
        self.schedule.exists(pid)
    }

    fn start_of(&self, pid: u32) -> Option<u64> {
        self.schedule.exists(pid).then_some(u64::from(pid))
    }
}

impl FailPoints for Seams {
    fn reach(&self, name: &str) {
        if name == "built" {
            let id = self.asking.lock().unwrap().clone();
            self.waiting.lock().unwrap().built(id);
        }
        self.step(name);
    }
}
