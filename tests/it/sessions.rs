//! Work sessions: opened by the claim, closed by what ends it, summed up on demand (T8–T13).

use crate::support::World;

const LANE: &str = "repo-A-backend";

#[test]
fn t08_time_counts_from_claim_to_handoff_and_is_summed_up() {
    let world = World::planned();
    world.laneway("claim A-1 --as @bot").code(0);
    world.at("2026-11-20T10:30:00Z");
    world.laneway_in(LANE, "session stop").code(0);
    world.laneway_in(LANE, "session stop").code(0);
    world.at("2026-11-20T11:00:00Z");
    world.laneway_in(LANE, "session start").code(0);
    world.commit(LANE, "budget", "3\n");
    world.at("2026-11-20T11:15:00Z");
    world.laneway("session list").code(0);
    world.laneway_in(LANE, "handoff --next more").code(0);
    world.laneway("claim B-1 --as @ui").code(0);
    // Nobody hears of it again: its session ends with its lease.
    world.at("2026-11-21T12:00:00Z");
    world.laneway("session list").code(0);
    world.laneway("release --expired --as @dana").code(0);
    world.laneway("--json session list B-1").code(0);
    world
        .laneway("session list --agent @bot --since 2026-11-20T11:00:00Z --until 2026-11-20")
        .code(0);
    world.laneway("session list A-2").code(0);
    world.laneway("session start A-1 --as @bot").code(4);
    world.laneway("show A-1").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn t10_the_resolution_is_told_first() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.laneway_in(LANE, "note 'looking'").code(0);
    world
        .laneway_in(LANE, "note --resolution 'the loop had no end'")
        .code(0);
    let shown = world.laneway("show A-1").code(0);
    let second = shown.stdout.lines().nth(1).unwrap_or_default();
    assert!(
        second.contains("resolution  the loop had no end"),
        "{second}"
    );
    let json = world.laneway("--json show A-1").code(0).json();
    let task = &json["data"]["task"];
    assert_eq!(task["resolution"], "the loop had no end");
    world.laneway("audit verify").code(0);
}
