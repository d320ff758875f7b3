//! Who runs: one actor at a time, chosen by the seed, in virtual time.
//!
//! Invariants:
//! - Only the actor that has the turn runs. It gives the turn away in [`Schedule::step`] and
//!   nowhere else, so everything between two steps is atomic.
//! - Time is a number. It moves a little with every step, and at once to the next waking when
//!   everybody sleeps.
//! - Every choice comes from the dice of the seed; the trace of a seed is always the same.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::dice::Dice;
use crate::weather::Weather;

/// Steps after which a seed counts as stuck.
const MOST_STEPS: u64 = 20_000;
/// Real time after which a turn that nobody gives away counts as a call that blocks outside the
/// seams.
const REAL_LIMIT: Duration = Duration::from_secs(120);
/// The fail point of one who waits for a publication.
const WAITS: &str = "waits";
/// Naps after which an actor that does nothing else sleeps for longer.
const RESTLESS: u32 = 8;
/// How long it sleeps then, in microseconds.
const LONG_NAP: u64 = 500_000;
/// First of the virtual process ids.
const FIRST_PID: u32 = 1000;

/// What a process is told when it dies: the payload of an unwinding that only the thread's edge
/// catches.
#[derive(Debug)]
pub struct Crash;

/// What every actor is told when the seed has failed: nobody goes on.
#[derive(Debug)]
pub struct Halt;

/// Whether a caught unwinding is the death of a process; anything else goes on unwinding.
pub fn crashed(payload: Box<dyn Any + Send>) -> bool {
    if payload.is::<Crash>() {
        return true;
    }
    resume_unwind(payload)
}

/// The schedule of one seed.
pub struct Schedule {
    state: Mutex<State>,
    turns: Vec<Condvar>,
    /// The moment that virtual time counts from.
    origin: Instant,
}

struct State {
    dice: Dice,
    weather: Weather,
    /// Virtual time in microseconds.
    now: u64,
    steps: u64,
    /// When each actor wants to go on; none: it is gone.
    wakes: Vec<Option<u64>>,
    /// How often each actor has slept since it last did something.
    naps: Vec<u32>,
    turn: usize,
    /// Actors that have done their work and wait for the others.
    arrived: usize,
    next_pid: u32,
    alive: BTreeSet<u32>,
    names: Vec<String>,
    trace: Vec<String>,
    wrong: Option<String>,
}

impl Schedule {
    /// A schedule for these actors; the first turn is drawn.
    pub fn new(seed: u64, weather: Weather, names: Vec<String>) -> Arc<Self> {
        let mut dice = Dice::new(seed);
        let count = names.len();
        let turn = usize::try_from(dice.below(count as u64)).unwrap_or(0);
        Arc::new(Self {
            turns: (0..count).map(|_| Condvar::new()).collect(),
            origin: Instant::now(),
            state: Mutex::new(State {
                dice,
                weather,
                now: 0,
                steps: 0,
                wakes: vec![Some(0); count],
                naps: vec![0; count],
                turn,
                arrived: 0,
                next_pid: FIRST_PID,
                alive: BTreeSet::new(),
                names,
                trace: Vec::new(),
                wrong: None,
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Waits for the first turn of `actor`.
    pub fn enter(&self, actor: usize) {
        drop(self.until_turn(self.state(), actor));
    }

    /// Gives the turn away for good.
    pub fn leave(&self, actor: usize) {
        let mut state = self.state();
        state.note(actor, "leaves");
        state.wakes[actor] = None;
        self.pass_on(&mut state);
    }

    /// A step called `what`, after which the actor goes on no earlier than `pause` from now. It may
    /// also be stopped for longer, or die here.
    pub fn step(&self, actor: usize, what: &str, pause: Duration) {
        let mut state = self.state();
        state.note(actor, what);
        // Who only looks once more whether it must go on waiting has done nothing.
        if what != WAITS {
            state.naps[actor] = 0;
        }
        self.give_away(state, actor, what, micros(pause));
    }

    /// A step that only waits. Who naps again and again for a lock is left to sleep: every sleep
    /// may take longer than was asked.
    pub fn nap(&self, actor: usize, pause: Duration) {
        let mut state = self.state();
        state.naps[actor] += 1;
        let pause = match state.naps[actor] > RESTLESS {
            true => micros(pause).max(LONG_NAP),
            false => micros(pause),
        };
        state.note(actor, "sleeps");
        self.give_away(state, actor, "sleeps", pause);
    }

    fn give_away<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        actor: usize,
        what: &str,
        pause: u64,
    ) {
        state.steps += 1;
        state.now += state.dice.below(120);
        if state.steps > MOST_STEPS && state.wrong.is_none() {
            state.wrong = Some(format!("no end after {MOST_STEPS} steps"));
        }
        if state.dies(actor, what) {
            drop(state);
            resume_unwind(Box::new(Crash));
        }
        let pause = pause + state.frozen(actor);
        state.wakes[actor] = Some(state.now + pause);
        let calmness = state.weather.calmness;
        let stays = pause == 0 && state.dice.happens(calmness);
        if !stays {
            self.pass_on(&mut state);
            state = self.until_turn(state, actor);
        }
        halt_if_wrong(state);
    }

    fn pass_on(&self, state: &mut State) {
        if let Some(next) = state.choose() {
            state.turn = next;
            self.turns[next].notify_one();
        } else {
            state.turn = usize::MAX;
        }
    }

    fn until_turn<'s>(
        &'s self,
        mut state: MutexGuard<'s, State>,
        actor: usize,
    ) -> MutexGuard<'s, State> {
        while state.turn != actor {
            let (woken, waited) = self.turns[actor].wait_timeout(state, REAL_LIMIT).unwrap();
            state = woken;
            if waited.timed_out() && state.turn != actor {
                let holder = state.turn;
                let name = state.names.get(holder).cloned().unwrap_or_default();
                drop(state);
                panic!("{name} blocks outside the seams");
            }
        }
        state
    }

    /// Waits until every actor has come here; then no fault happens any more.
    pub fn meet(&self, actor: usize) {
        let mut state = self.state();
        state.note(actor, "waits for the others");
        state.arrived += 1;
        state.wakes[actor] = Some(u64::MAX);
        if state.arrived == state.names.len() {
            state.note(actor, "-- all faults end");
            state.weather.clear_up();
            let now = state.now;
            state
                .wakes
                .iter_mut()
                .flatten()
                .for_each(|wake| *wake = now);
        }
        self.pass_on(&mut state);
        halt_if_wrong(self.until_turn(state, actor));
    }

    /// Uses the dice and the weather of the seed.
    pub fn draw<T>(&self, draw: impl FnOnce(&mut Dice, &mut Weather) -> T) -> T {
        let state = &mut *self.state();
        draw(&mut state.dice, &mut state.weather)
    }

    /// Virtual microseconds since the beginning.
    pub fn now(&self) -> u64 {
        self.state().now
    }

    /// The number of steps so far: the order of events.
    pub fn tick(&self) -> u64 {
        let mut state = self.state();
        state.steps += 1;
        state.steps
    }

    /// Virtual time as the instants of a clock.
    pub fn instant(&self) -> Instant {
        self.origin + Duration::from_micros(self.now())
    }

    /// A line of the trace that is no step.
    pub fn say(&self, actor: usize, what: &str) {
        self.state().note(actor, what);
    }

    /// A new process: its id.
    pub fn born(&self) -> u32 {
        let mut state = self.state();
        state.next_pid += 1;
        let pid = state.next_pid;
        state.alive.insert(pid);
        pid
    }

    /// A process is gone.
    pub fn dead(&self, pid: u32) {
        self.state().alive.remove(&pid);
    }

    /// Whether a process exists.
    pub fn exists(&self, pid: u32) -> bool {
        self.state().alive.contains(&pid)
    }

    /// Ends the seed with what is wrong.
    pub fn fail(&self, wrong: String) {
        let mut state = self.state();
        state.wrong.get_or_insert(wrong);
    }

    /// What went wrong, if anything did.
    pub fn wrong(&self) -> Option<String> {
        self.state().wrong.clone()
    }

    /// The trace so far.
    pub fn trace(&self) -> Vec<String> {
        self.state().trace.clone()
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn halt_if_wrong(state: MutexGuard<'_, State>) {
    let wrong = state.wrong.is_some();
    drop(state);
    if wrong {
        resume_unwind(Box::new(Halt));
    }
}

impl State {
    fn note(&mut self, actor: usize, what: &str) {
        let line = format!("{:>12} {} {what}", self.now, self.names[actor]);
        self.trace.push(line);
    }

    fn dies(&mut self, actor: usize, what: &str) -> bool {
        let dies = self.weather.crashes > 0 && self.dice.happens(self.weather.crash_chance);
        if dies {
            self.weather.crashes -= 1;
            let line = format!("dies at `{what}`");
            self.note(actor, &line);
        }
        dies
    }

    /// How long the actor is stopped from outside, in microseconds.
    fn frozen(&mut self, actor: usize) -> u64 {
        const LENGTHS: [u64; 5] = [20_000, 2_000_000, 40_000_000, 75_000_000, 1_500_000_000];
        if self.weather.freezes == 0 || !self.dice.happens(self.weather.freeze_chance) {
            return 0;
        }
        self.weather.freezes -= 1;
        let length = *self.dice.pick(&LENGTHS);
        self.note(actor, &format!("is stopped for {} ms", length / 1000));
        length
    }

    /// The next actor: one of those that may go on, else time moves to the first that will.
    fn choose(&mut self) -> Option<usize> {
        let first = self.wakes.iter().flatten().min().copied()?;
        if first < u64::MAX {
            self.now = self.now.max(first);
        } else {
            self.wrong.get_or_insert("everybody waits".to_owned());
        }
        let ready: Vec<usize> = (0..self.wakes.len())
            .filter(|n| self.wakes[*n].is_some_and(|wake| wake <= self.now || wake == first))
            .collect();
        Some(*self.dice.pick(&ready))
    }
}
