//! P11: clocks are not trusted. Order comes from the chain of ledger commits, a clock only says
//! whether a lease is over, and one that contradicts the ledger may not say even that.

use crate::machine::{self, Need};
use crate::stage::Stage;
use crate::strace::{LANEWAY, answer};
use crate::support::{Answer, World};

/// Seconds that a clock is fast (or slow): a day, hours, the margin of two minutes and beside it.
const SKEWS: [i64; 9] = [-86_400, -14_400, -121, -120, 0, 120, 121, 14_400, 86_400];
/// Noon of the day in question, in seconds of the epoch.
const NOON: i64 = 1_795_176_000;
const TTL: i64 = 4 * 3600;
const MARGIN: i64 = 120;

fn show(seconds: i64) -> String {
    let day = seconds.div_euclid(86_400) - NOON.div_euclid(86_400) + 20;
    let rest = seconds.rem_euclid(86_400);
    let (hours, minutes) = (rest / 3600, rest / 60 % 60);
    format!("2026-11-{day:02}T{hours:02}:{minutes:02}:{:02}Z", rest % 60)
}

#[test]
fn seconds_are_shown_as_dates() {
    assert_eq!(show(NOON), "2026-11-20T12:00:00Z");
    assert_eq!(show(NOON - 86_400 - 121), "2026-11-19T11:57:59Z");
    assert_eq!(show(NOON + 86_400 + 61), "2026-11-21T12:01:01Z");
}

/// `A-1` is claimed by `@bot` at noon; the ledger's last moment is `tip`.
fn claimed(tip: i64) -> Stage {
    let world = World::governed();
    world.at(&show(NOON));
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    if tip > NOON {
        world.at(&show(tip));
        world.quietly("add B-1 --title Other --role B-ui --as @dana");
    }
    Stage::of(world)
}

fn take_over(world: &World, now: i64, more: &str) -> Answer {
    world.at(&show(now));
    let answer = world.ask("repo", &format!("claim A-1 --as @carl --no-worktree{more}"));
    drop(world.ask("repo", "audit verify").code(0));
    answer
}

#[test]
fn p11_a_lease_is_over_when_its_time_and_the_margin_are_by_the_takers_clock() {
    let stage = claimed(NOON);
    for skew in SKEWS {
        stage.reset();
        let now = NOON + TTL + MARGIN / 2 + skew;
        let over = now > NOON + TTL + MARGIN;
        let taken = take_over(&stage.world, now, "");
        assert_eq!(
            taken.exit,
            Some(if over { 0 } else { 3 }),
            "{skew}: {taken:?}"
        );
        let epochs: &[&str] = if over { &["1", "2"] } else { &["1"] };
        assert_eq!(stage.world.epochs("repo", "A-1"), epochs, "{skew}");
    }
}

#[test]
fn p11_a_clock_before_the_ledgers_last_moment_takes_nothing_over() {
    let tip = NOON + 3 * TTL;
    let stage = claimed(tip);
    for skew in SKEWS {
        stage.reset();
        let now = tip + skew;
        let expected = match (now > NOON + TTL + MARGIN, now >= tip - MARGIN) {
            (true, true) => (Some(0), "claimed"),
            (true, false) => (Some(4), "--trust-clock"),
            (false, _) => (Some(3), "held by @bot"),
        };
        let taken = take_over(&stage.world, now, "");
        let said = format!("{}{}", taken.stdout, taken.stderr);
        assert_eq!(taken.exit, expected.0, "{skew}: {said}");
        assert!(said.contains(expected.1), "{skew}: {said}");
        if taken.exit == Some(4) {
            drop(take_over(&stage.world, now, " --trust-clock").code(0));
            assert_eq!(stage.world.epochs("repo", "A-1"), ["1", "2"], "{skew}");
        }
    }
}

#[test]
fn p11_a_holder_with_a_wrong_clock_keeps_its_claim_and_never_shortens_it() {
    let stage = claimed(NOON);
    for skew in SKEWS {
        stage.reset();
        let world = &stage.world;
        let now = NOON + TTL / 2;
        world.at(&show(now + skew));
        let renewed = world.ask("repo-A-backend", "--json renew");
        assert_eq!(renewed.exit, Some(0), "{skew}: {renewed:?}");
        let until = world.ask("repo", "--json show A-1").json();
        let until = until["data"]["task"]["claim"]["expires_at"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(until, show((NOON + TTL).max(now + skew + TTL)), "{skew}");
        // Another, with a right clock: the claim holds.
        let taken = take_over(world, now, "");
        assert_eq!(taken.exit, Some(3), "{skew}: {taken:?}");
        // Order is the chain's, whatever the clocks showed.
        world.at(&show(now + skew));
        let handoff = world.ask("repo-A-backend", "handoff --next more").code(0);
        let ops: Vec<_> = world
            .ledger("repo")
            .into_iter()
            .map(|entry| entry.op)
            .collect();
        let last = &ops[ops.len() - 3..];
        assert_eq!(last, ["claim", "renew", "handoff"], "{skew}: {handoff:?}");
        drop(world.ask("repo", "audit verify").code(0));
    }
}

#[test]
fn p11_epochs_grow_whatever_the_clocks_show() {
    let stage = claimed(NOON);
    let world = &stage.world;
    for (n, skew) in SKEWS.iter().rev().enumerate() {
        let agent = format!("@bot{n}");
        world.at(&show(NOON + 3 * 86_400 + skew));
        let line = format!("claim A-1 --as {agent} --no-worktree --trust-clock");
        let taken = world.ask("repo", &line);
        assert!(matches!(taken.exit, Some(0 | 3)), "{skew}: {taken:?}");
        drop(world.ask("repo", &format!("release A-1 --as {agent}")));
    }
    let epochs: Vec<u32> = world
        .epochs("repo", "A-1")
        .iter()
        .map(|epoch| epoch.parse().unwrap())
        .collect();
    assert!(epochs.len() > 2, "{epochs:?}");
    assert!(epochs.is_sorted_by(|a, b| a < b), "{epochs:?}");
    drop(world.ask("repo", "audit verify").code(0));
}

/// Runs laneway with the machine's clock moved by faketime.
fn faked(world: &World, skew: i64, line: &str) -> Answer {
    let all = format!("-f {skew:+}s {LANEWAY} {line}");
    let mut command = world.command(&world.path("repo"), "faketime", &all);
    command.env_remove("LANEWAY_TEST_NOW");
    answer(command, &all)
}

#[test]
fn p11_the_real_clock_is_judged_like_any_other() {
    if !machine::has("p11_faketime", &[Need::Program("faketime")]) {
        return;
    }
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    let stage = Stage::of(world);
    for skew in SKEWS {
        stage.reset();
        let world = &stage.world;
        drop(faked(world, 0, "claim A-1 --as @bot --no-worktree").code(0));
        let mut taken = faked(world, skew, "claim A-1 --as @carl --no-worktree");
        let over = skew > TTL + MARGIN;
        if over {
            // The clock of the boot did not jump along.
            assert_eq!(taken.exit, Some(4), "{skew}: {taken:?}");
            assert!(taken.stderr.contains("has jumped by"), "{taken:?}");
            let trusting = "claim A-1 --as @carl --no-worktree --trust-clock";
            taken = faked(world, skew, trusting);
        }
        assert_eq!(
            taken.exit,
            Some(if over { 0 } else { 3 }),
            "{skew}: {taken:?}"
        );
        let renewed = faked(world, skew, "renew A-1 --as @bot --epoch 1");
        assert_eq!(
            renewed.exit,
            Some(if over { 3 } else { 0 }),
            "{skew}: {renewed:?}"
        );
        drop(world.ask("repo", "audit verify").code(0));
    }
}
