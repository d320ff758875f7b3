//! P10, P18: a process that sleeps through its lease wakes up fenced, whatever it was about to do.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::machine;
use crate::stage::{Seed, Stage};
use crate::strace::LANEWAY;
use crate::support::{Answer, World};

pub const LANE: &str = "repo-A-backend";
const MORNING: &str = "2026-11-20T09:00:00Z";
pub const AFTER_THE_LEASE: &str = "2026-11-20T14:00:00Z";
/// Longest wait for another command while a process sleeps: what it waits for by then is a lock of
/// this machine that the sleeper holds.
pub const LOCKED_OUT: Duration = Duration::from_secs(3);

/// What a holder may be about to do when it falls asleep; the ledger's word for it.
const VERBS: [(&str, &str); 5] = [
    ("handoff --next more", "handoff"),
    ("note hello", "note"),
    ("renew", "renew"),
    ("block --reason waits", "block"),
    ("release", "release"),
];

/// A process that was put to sleep.
pub struct Sleeper {
    line: String,
    child: Child,
}

impl Sleeper {
    /// Starts laneway and stops it after a while.
    pub fn of(world: &World, dir: &str, line: &str, after: Duration) -> Self {
        let mut sleeper = Self::start(world, dir, line);
        sleep(after);
        sleeper.signal(Signal::STOP);
        sleeper
    }

    pub fn start(world: &World, dir: &str, line: &str) -> Self {
        let mut command = world.command(&world.path(dir), LANEWAY, line);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let line = line.to_owned();
        let child = command.spawn().unwrap();
        Self { line, child }
    }

    fn signal(&mut self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn ends_within(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            sleep(Duration::from_millis(5));
        }
        false
    }

    /// Lets it wake up, and waits for its answer.
    pub fn wake(mut self) -> Answer {
        self.signal(Signal::CONT);
        self.answer()
    }

    pub fn answer(self) -> Answer {
        let output = self.child.wait_with_output().unwrap();
        Answer {
            line: self.line,
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Lets one process sleep while another one acts; the answers of both.
pub fn meanwhile(world: &World, sleeper: Sleeper, dir: &str, line: &str) -> (Answer, Answer) {
    let mut other = Sleeper::start(world, dir, line);
    other.ends_within(LOCKED_OUT);
    let woken = sleeper.wake();
    (woken, other.answer())
}

/// Finds the moments that matter on a machine of any speed: a sleep that came too late makes the
/// next one shorter, one that came in time makes it longer.
struct Aim {
    /// Longest next while, in microseconds.
    within: usize,
}

impl Aim {
    /// The first while is within the run of a short command.
    fn new() -> Self {
        Self { within: 10_000 }
    }

    fn next(&self, seed: &mut Seed) -> Duration {
        Duration::from_micros(seed.below(self.within) as u64)
    }

    fn learn(&mut self, in_time: bool) {
        self.within = match in_time {
            true => (self.within * 3 / 2).min(60_000),
            false => (self.within / 2).max(10),
        };
    }
}

/// `A-1` is claimed by `@bot` in the morning, with a commit in its lane. `two/repo` is another
/// clone where a remote decides.
pub fn claimed(world: World) -> Stage {
    if world.is_remote() {
        let url = format!("file://{}", world.path("hub.git").display());
        std::fs::create_dir(world.path("two")).unwrap();
        world.git_in("two", &format!("clone -q {url} repo"));
    }
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "a\n");
    Stage::of(world)
}

/// Where another agent works, and where the ledger decides.
pub fn elsewhere(world: &World) -> (&'static str, &'static str) {
    match world.is_remote() {
        true => ("two/repo", "hub.git"),
        false => ("repo", "repo"),
    }
}

/// One pause: the holder falls asleep amid `verb`, its lease ends, `taker` claims, it wakes up.
/// Whether it was fenced.
fn sleeps_through(world: &World, (verb, op): (&str, &str), after: Duration, taker: &str) -> bool {
    let (place, authority) = elsewhere(world);
    world.at(MORNING);
    let sleeper = Sleeper::of(world, LANE, verb, after);
    world.at(AFTER_THE_LEASE);
    let claim = format!("claim A-1 --no-worktree --as {taker}");
    let (woken, taker) = meanwhile(world, sleeper, place, &claim);
    let ledger = world.ledger(authority);
    let taken = ledger
        .iter()
        .rposition(|entry| entry.epoch == "2" && entry.op == "claim");
    let done = ledger.iter().position(|entry| entry.op == op);
    let told = format!("{after:?}: {woken:?}\n{taker:?}\n{ledger:#?}");
    assert_eq!(taken.is_some(), taker.exit == Some(0), "{told}");
    match (woken.exit, done, taken) {
        // Decided before the take-over, or nobody took over since.
        (Some(0), Some(done), Some(taken)) => assert!(done < taken, "{told}"),
        (Some(0), Some(_), None) => {}
        // Too late.
        (Some(3), None, Some(_)) => assert!(woken.stderr.contains("fenced"), "{told}"),
        _ => panic!("{told}"),
    }
    let epoch_one = ledger.iter().rposition(|entry| entry.epoch == "1");
    assert!(taken.is_none_or(|taken| epoch_one < Some(taken)), "{told}");
    drop(world.ask("repo", "audit verify").code(0));
    woken.exit == Some(3)
}

fn pauses(world: World) {
    let stage = claimed(world);
    let mut seed = Seed::new();
    let rounds = machine::rounds(10, 500);
    let (mut aim, mut fenced) = (Aim::new(), 0);
    for round in 0..rounds {
        stage.reset();
        let verb = VERBS[round % VERBS.len()];
        // A namesake is another owner: the epoch counts, not the name.
        let taker = ["@carl", "@bot"][round / VERBS.len() % 2];
        let in_time = sleeps_through(&stage.world, verb, aim.next(&mut seed), taker);
        aim.learn(in_time);
        fenced += usize::from(in_time);
    }
    assert!(fenced * 5 >= rounds, "fenced {fenced} of {rounds}");
}

#[test]
fn p10_a_holder_that_sleeps_through_a_take_over_wakes_up_fenced() {
    pauses(World::governed());
}

#[test]
fn p10_a_holder_that_sleeps_in_another_clone_wakes_up_fenced() {
    pauses(World::remote());
}

/// Every mutation from the lane of a claim that was taken over is refused, and changes nothing.
fn old_lane_is_fenced(world: &World) {
    let (_, authority) = elsewhere(world);
    let before = (world.ledger(authority), world.target());
    let merges = [
        ("merge A-1", "land"),
        ("merge A-1 --epoch 1 --as @bot", "land"),
    ];
    for (verb, _) in VERBS.iter().chain(&merges) {
        let late = world.ask(LANE, verb);
        let said = format!("$ {verb}: {late:?}");
        assert_eq!(late.exit, Some(3), "{said}");
        assert!(late.stderr.contains("fenced"), "{said}");
        assert_eq!((world.ledger(authority), world.target()), before, "{said}");
    }
    assert_eq!(
        std::fs::read_to_string(world.path(LANE).join("a.txt")).unwrap(),
        "a\n"
    );
}

#[test]
fn p10_hours_later_the_old_lane_still_changes_nothing() {
    for (world, taker) in [
        (World::governed(), "claim A-1 --as @carl"),
        (World::governed(), "claim A-1 --no-worktree --as @carl"),
        (World::governed(), "claim A-1 --no-worktree --as @bot"),
        (World::remote(), "claim A-1 --no-worktree --as @carl"),
    ] {
        let stage = claimed(world);
        let world = &stage.world;
        let (place, _) = elsewhere(world);
        world.at(AFTER_THE_LEASE);
        drop(world.ask(place, taker).code(0));
        for later in [
            "2026-11-20T14:00:01Z",
            "2026-11-20T17:00:00Z",
            "2026-11-23T09:00:00Z",
        ] {
            world.at(later);
            old_lane_is_fenced(world);
        }
    }
}

#[test]
fn p18_the_work_of_a_fenced_owner_does_not_land() {
    for world in World::both() {
        let stage = claimed(world);
        let world = &stage.world;
        let (place, authority) = elsewhere(world);
        drop(world.ask(LANE, "handoff --next more").code(0));
        let revise = "review A-1 --verdict revise --finding major:a.txt:mend --as @rev";
        drop(world.ask(place, revise).code(0));
        world.at(AFTER_THE_LEASE);
        drop(
            world
                .ask(place, "claim A-1 --no-worktree --as @carl")
                .code(0),
        );
        let (before, target) = (world.ledger(authority), world.target());
        for line in ["merge A-1 --epoch 1 --as @bot", "handoff --next more"] {
            let late = world.ask(LANE, line);
            assert_eq!(late.exit, Some(3), "{late:?}");
            assert!(late.stderr.contains("fenced"), "{late:?}");
        }
        assert_eq!((world.ledger(authority), world.target()), (before, target));
    }
}

#[test]
fn p18_work_lands_before_its_revision_or_not_at_all() {
    let mut seed = Seed::new();
    for world in World::both() {
        let stage = claimed(world);
        let world = &stage.world;
        drop(world.ask(LANE, "handoff --next more").code(0));
        let stage = stage.again();
        for _ in 0..machine::rounds(25, 1000) {
            stage.reset();
            lands_or_is_revised(
                &stage.world,
                Duration::from_micros(seed.below(60_000) as u64),
            );
        }
    }
}

/// One merge that falls asleep while a reviewer sends the work back.
fn lands_or_is_revised(world: &World, after: Duration) {
    let (place, authority) = elsewhere(world);
    let old = world.target();
    let sleeper = Sleeper::of(world, "repo", "merge A-1 --as @bot", after);
    let revise = "review A-1 --verdict revise --finding major:a.txt:mend --as @rev";
    let (merge, review) = meanwhile(world, sleeper, place, revise);
    let ledger = world.ledger(authority);
    let told = format!("{after:?}: {merge:?}\n{review:?}\n{ledger:#?}");
    let landed = ledger.iter().any(|entry| entry.op == "land");
    let revised = ledger.iter().any(|entry| entry.op == "review");
    assert!(landed != revised, "{told}");
    assert_eq!(
        (merge.exit == Some(0), review.exit == Some(0)),
        (landed, revised),
        "{told}"
    );
    assert_eq!(world.target() != old, landed, "{told}");
    world.git_in(
        authority,
        &format!("merge-base --is-ancestor {old} refs/heads/main"),
    );
    drop(world.ask("repo", "audit verify").code(0));
}
