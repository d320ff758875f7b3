//! P18: a merge that falls asleep neither lands the work of an owner that is fenced by then, nor
//! comes before what lands first.

use std::time::Duration;

use crate::machine;
use crate::pauses::{AFTER_THE_LEASE, LANE, LOCKED_OUT, Sleeper, claimed, elsewhere, meanwhile};
use crate::stage::{Seed, Stage};
use crate::support::{Answer, World};

/// Tries of each authority, in every test run and in a long one.
const ROUNDS: (usize, usize) = (15, 500);
/// Longest nap, in microseconds: a merge is done by then.
const NAP: usize = 60_000;

fn nap(seed: &mut Seed) -> Duration {
    Duration::from_micros(seed.below(NAP) as u64)
}

/// How often each of two ends came about; both should.
#[derive(Default)]
struct Ends {
    landed: usize,
    refused: usize,
}

impl Ends {
    fn count(&mut self, landed: bool) {
        let end = if landed {
            &mut self.landed
        } else {
            &mut self.refused
        };
        *end += 1;
    }
}

/// One merge that falls asleep while the work is rejected and somebody else takes the task over;
/// whether it landed.
fn lands_or_is_fenced(world: &World, after: Duration) -> bool {
    let (place, authority) = elsewhere(world);
    let old = world.target();
    let sleeper = Sleeper::of(world, LANE, "merge A-1 --epoch 1 --as @bot", after);
    let others = [
        "review A-1 --verdict reject --finding major:a.txt:no --as @rev",
        "claim A-1 --no-worktree --as @carl",
    ];
    let mut answers: Vec<Answer> = Vec::new();
    let mut waits = None;
    for line in others {
        let mut other = Sleeper::start(world, place, line);
        if !other.ends_within(LOCKED_OUT) {
            // The sleeper holds a lock of this machine: it has to wake up first.
            waits = Some(other);
            break;
        }
        answers.push(other.answer());
    }
    let taken_first = answers.len() == 2 && answers[1].exit == Some(0);
    let woken = sleeper.wake();
    answers.extend(waits.map(Sleeper::answer));
    // Whoever was kept waiting leaves the take-over for now.
    let _refused_or_done = world.ask(place, others[1]);
    let ledger = world.ledger(authority);
    let told = format!("{after:?}: {woken:?}\n{answers:?}\n{ledger:#?}");
    let landed = ledger.iter().any(|entry| entry.op == "land");
    let taken = ledger.iter().any(|entry| entry.epoch == "2");
    assert!(landed != taken, "{told}");
    assert_eq!(woken.exit == Some(0), landed, "{told}");
    assert!(landed || matches!(woken.exit, Some(3 | 4)), "{told}");
    if taken_first {
        assert_eq!(woken.exit, Some(3), "{told}");
        assert!(woken.stderr.contains("fenced"), "{told}");
    }
    assert_eq!(world.target() != old, landed, "{told}");
    drop(world.ask("repo", "audit verify").code(0));
    landed
}

#[test]
fn p18_a_merge_that_sleeps_through_a_take_over_lands_nothing() {
    let mut seed = Seed::new();
    let mut ends = Ends::default();
    for world in World::both() {
        let stage = claimed(world);
        drop(stage.world.ask(LANE, "handoff --next more").code(0));
        stage.world.at(AFTER_THE_LEASE);
        let stage = stage.again();
        for _ in 0..machine::rounds(ROUNDS.0, ROUNDS.1) {
            stage.reset();
            ends.count(lands_or_is_fenced(&stage.world, nap(&mut seed)));
        }
    }
    assert!(ends.refused > 0, "no merge was ever too late");
}

/// `A-1` and `B-1`, handed off, the first to land before the second.
fn ordered(world: World) -> Stage {
    world.quietly("add P-1 --title Whole --role A-backend --as @dana");
    let part = "--parent P-1 --merge-order";
    world.submit(
        "A-1",
        &format!("--role A-backend {part} 1"),
        LANE,
        "a.txt",
        "a\n",
    );
    world.submit(
        "B-1",
        &format!("--role B-ui {part} 2"),
        "repo-B-ui",
        "b.txt",
        "b\n",
    );
    Stage::of(world)
}

/// The second part's merge falls asleep while the first part lands; whether the second landed.
fn lands_after_the_first(world: &World, after: Duration) -> bool {
    let (_, authority) = elsewhere(world);
    let sleeper = Sleeper::of(world, "repo", "merge B-1 --as @bot", after);
    let (late, first) = meanwhile(world, sleeper, "repo", "merge A-1 --as @bot");
    let ledger = world.ledger(authority);
    let told = format!("{after:?}: {late:?}\n{first:?}\n{ledger:#?}");
    let landed: Vec<&str> = ledger
        .iter()
        .filter(|entry| entry.op == "land")
        .map(|entry| entry.task.as_str())
        .collect();
    assert_eq!(first.exit, Some(0), "{told}");
    let both = late.exit == Some(0);
    let order = if both { &["A-1", "B-1"][..] } else { &["A-1"] };
    assert_eq!(landed, order, "{told}");
    assert!(
        both || late.stderr.contains("`A-1` lands before `B-1`"),
        "{told}"
    );
    drop(world.ask("repo", "audit verify").code(0));
    both
}

#[test]
fn p18_a_merge_in_the_wrong_order_lands_nothing_whenever_it_sleeps() {
    let mut seed = Seed::new();
    let mut ends = Ends::default();
    for world in World::both() {
        let stage = ordered(world);
        for _ in 0..machine::rounds(ROUNDS.0, ROUNDS.1) {
            stage.reset();
            ends.count(lands_after_the_first(&stage.world, nap(&mut seed)));
        }
    }
    assert!(ends.refused > 0, "no merge was ever too early");
}
