//! P6: a laneway that is killed at any moment leaves a valid ledger, and the next one goes on.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::machine;
use crate::stage::{Seed, Stage, each, sample};
use crate::strace::{CALLS, Call, Injection, NEEDS};
use crate::support::World;

const LANE: &str = "repo-A-backend";
const CLAIM: &str = "--json claim A-1 --as @bot";

/// A call at which a process dies: before it is carried out.
#[derive(Clone)]
struct Place {
    call: Call,
    follow: bool,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Call { name, when, rest } = &self.call;
        let rest: String = rest.chars().take(160).collect();
        write!(f, "killed at {name} {when} ({rest}")
    }
}

impl Place {
    fn kill(&self) -> Injection<'_> {
        Injection {
            follow: self.follow,
            call: &self.call.name,
            what: "signal=KILL",
            when: self.call.when,
        }
    }
}

/// The places at which the main thread of a command can die. In the short run only those that
/// follow a change: between two changes every death leaves the same.
fn places(stage: &Stage, dir: &str, line: &str) -> Vec<Place> {
    let all = machine::rounds(0, 1) == 1;
    let calls = stage.world.calls(dir, CALLS, line).into_iter();
    let follow = false;
    calls
        .filter(|call| all || call.changes())
        .map(|call| Place { call, follow })
        .collect()
}

/// Kills a command at each of these places, and looks at what it left. How a few threads share the
/// flushing differs from run to run: not every place is met again.
fn kill_at(
    places: &[Place],
    prepare: impl Fn() -> Stage + Sync,
    (dir, line): (&str, &str),
    goes_on: impl Fn(&World) + Sync,
) {
    let met = AtomicUsize::new(0);
    each(places, prepare, |world, place| {
        let died = world.injected(dir, &place.kill(), line);
        if died.exit.is_none() {
            met.fetch_add(1, Ordering::Relaxed);
            goes_on(world);
        } else {
            drop(died.code(0));
        }
    });
    let met = met.into_inner();
    assert!(
        met * 10 >= places.len() * 9,
        "{met} of {} met",
        places.len()
    );
}

fn to_claim() -> Stage {
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    Stage::of(world)
}

/// What must be true after a claim died: the ledger is valid, the same claim again succeeds, and
/// the task was claimed once.
fn claim_goes_on(world: &World) {
    world.is_sound("repo");
    let again = world.promptly("repo", CLAIM).json();
    assert_eq!(again["data"]["claim"]["epoch"], 1);
    assert_eq!(world.epochs("repo", "A-1"), ["1"]);
    let lane = again["data"]["worktree"].as_str();
    assert_eq!(lane, world.path(LANE).to_str());
    assert_eq!(world.git_in(LANE, "status --porcelain"), "");
    drop(world.promptly(LANE, "note alive"));
}

#[test]
fn p06_a_claim_killed_at_any_call_is_taken_up_by_the_same_claim() {
    if !machine::has("p06_claim", NEEDS) {
        return;
    }
    let places = places(&to_claim(), "repo", CLAIM);
    assert!(places.len() > 100, "{places:?}");
    kill_at(&places, to_claim, ("repo", CLAIM), claim_goes_on);
}

#[test]
fn p06_a_claim_killed_while_its_threads_flush_is_taken_up() {
    if !machine::has("p06_threads", NEEDS) {
        return;
    }
    let calls = to_claim().world.calls_of_all("repo", "fsync", CLAIM);
    let most = calls.iter().map(|call| call.when).max().unwrap_or(0);
    let place = |when| {
        let (name, rest) = ("fsync".to_owned(), "of any thread".to_owned());
        let call = Call { when, name, rest };
        Place { call, follow: true }
    };
    let places: Vec<_> = (1..=most.min(3)).map(place).collect();
    kill_at(&places, to_claim, ("repo", CLAIM), claim_goes_on);
}

#[test]
fn p06_a_claim_whose_successor_is_killed_too_is_taken_up_by_the_third() {
    if !machine::has("p06_twice", NEEDS) {
        return;
    }
    let places = places(&to_claim(), "repo", CLAIM);
    let mut seed = Seed::new();
    let mut any = || places[seed.below(places.len())].clone();
    let pairs: Vec<_> = (0..machine::rounds(12, 500))
        .map(|_| (any(), any()))
        .collect();
    each(&pairs, to_claim, |world, (first, second)| {
        let died = |place: &Place| world.injected("repo", &place.kill(), CLAIM).exit.is_none();
        if died(first) && died(second) {
            claim_goes_on(world);
        }
    });
}

#[test]
fn p06_an_added_task_is_there_once_wherever_the_first_try_was_killed() {
    if !machine::has("p06_add", NEEDS) {
        return;
    }
    let line = "add A-1 --title One --role A-backend --as @dana --request-id one";
    let prepare = || Stage::of(World::governed());
    let places = places(&prepare(), "repo", line);
    let some = sample(&places, machine::rounds(12, places.len()));
    kill_at(&some, prepare, ("repo", line), |world| {
        world.is_sound("repo");
        drop(world.promptly("repo", line));
        assert_eq!(count(world, "add"), 1);
    });
}

#[test]
fn p06_a_handoff_is_recorded_once_wherever_the_first_try_was_killed() {
    if !machine::has("p06_handoff", NEEDS) {
        return;
    }
    let prepare = || {
        let world = World::governed();
        world.quietly("add A-1 --title One --role A-backend --as @dana");
        world.quietly("claim A-1 --as @bot");
        world.commit(LANE, "a.txt", "a\n");
        Stage::of(world)
    };
    let line = "handoff --next more --request-id two";
    let places = places(&prepare(), LANE, line);
    let some = sample(&places, machine::rounds(12, places.len()));
    kill_at(&some, prepare, (LANE, line), |world| {
        world.is_sound("repo");
        drop(world.promptly(LANE, line));
        assert_eq!(count(world, "handoff"), 1);
        let work = world.git("rev-parse refs/laneway/work/A-1/1");
        assert_eq!(work, world.git_in(LANE, "rev-parse HEAD"));
    });
}

#[test]
fn p06_work_lands_once_wherever_the_first_merge_was_killed() {
    if !machine::has("p06_merge", NEEDS) {
        return;
    }
    let prepare = || {
        let world = World::governed();
        let add = "--role A-backend --check 'test -f a.txt'";
        world.submit("A-1", add, LANE, "a.txt", "a\n");
        Stage::of(world)
    };
    let line = "merge A-1 --trust --as @bot --request-id three";
    let places = places(&prepare(), "repo", line);
    let some = sample(&places, machine::rounds(12, places.len()));
    kill_at(&some, prepare, ("repo", line), |world| {
        world.is_sound("repo");
        drop(world.promptly("repo", line));
        let landed = world.git("rev-parse refs/heads/main");
        assert_eq!(landed, world.git_in(LANE, "rev-parse HEAD"));
        assert_eq!(count(world, "land"), 1);
        assert_eq!(world.git("status --porcelain"), "");
        world.is_sound("repo");
    });
}

#[test]
fn p07_a_checkout_that_a_killed_merge_locked_is_settled_by_the_next_verb() {
    if !machine::has("p07_a_checkout_that_a_killed_merge_locked", NEEDS) {
        return;
    }
    let prepare = || {
        let world = World::governed();
        world.submit("A-1", "--role A-backend", LANE, "a.txt", "a\n");
        Stage::of(world)
    };
    let line = "merge A-1 --as @bot --request-id three";
    let places = places(&prepare(), "repo", line);
    // Every place from the moment at which the checkout is locked.
    let lock = |place: &Place| place.call.rest.contains("index.lock");
    let first = places.iter().position(lock).expect("the merge locks");
    let locked = sample(&places[first..], machine::rounds(12, places.len()));
    let left = AtomicUsize::new(0);
    kill_at(&locked, prepare, ("repo", line), |world| {
        let journal = world.path("repo/.git/index.lock");
        let moved = world.git("rev-parse main") == world.git_in(LANE, "rev-parse HEAD");
        if !journal.exists() {
            return;
        }
        left.fetch_add(1, Ordering::Relaxed);
        let note = world.promptly("repo", "note A-1 'who is next' --as @dana");
        assert!(note.stderr.contains("a merge that died"), "{note:?}");
        assert!(!journal.exists());
        assert_eq!(world.git("status --porcelain"), "");
        assert_eq!(world.path("repo/a.txt").exists(), moved);
        world.is_sound("repo");
    });
    assert!(left.into_inner() > 0, "no death left the checkout locked");
}

/// How many ledger commits carry out this verb.
fn count(world: &World, op: &str) -> usize {
    let ledger = world.ledger("repo");
    ledger.iter().filter(|entry| entry.op == op).count()
}
