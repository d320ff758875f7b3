//! Urgent exceptions: asked for with a decision record, approved by a person, over by themselves
//! (P23, G19, G21).

use crate::support::World;

const LANE: &str = "repo-A-backend";

const MAP: &str = r#"version: 1
mode: open
agents:
  - {name: "@bot", kind: agent, may: [claim, handoff, merge, plan]}
  - {name: "@dana", kind: person, seat: [direction], may: [plan, review, merge, admin]}
  - {name: "@eve", kind: person, seat: [review], may: [plan, review]}
routing: []
"#;

fn world() -> World {
    let world = World::planned();
    world.write("governance/identity-map.yaml", MAP);
    world.write("doc/adr/1.md", "# Use the budget before it has landed\n");
    world.git("add -A");
    world.git("commit -q -m rules");
    world
}

const ASK: &str = "except A-2 --gate dependency --reason 'the customer is down' \
                   --rollback 'revert the commit' --expires 2d --as @bot";

#[test]
fn p23_the_task_stays_blocked_until_a_person_approves_and_again_afterwards() {
    let world = world();
    world.laneway(&format!("{ASK} --adr doc/adr/2.md")).code(4);
    world.laneway(&format!("{ASK} --adr doc/adr/1.md")).code(0);
    world.laneway("claim A-2 --as @bot").code(4);
    world.laneway("except A-2 --approve 1 --as @bot").code(4);
    world.laneway("except A-2 --approve 1 --as @eve").code(4);
    world
        .laneway("except A-2 --approve 1 --note 'until monday' --as @dana")
        .code(0);
    world.laneway("status").code(0);
    world.laneway("claim A-2 --as @bot").code(0);
    world.laneway("--json except --list").code(0);
    world.laneway_in(LANE, "release").code(0);
    world.at("2026-11-22T09:00:00Z");
    world.laneway("claim A-2 --as @bot").code(4);
    world.laneway("except --list").code(0);
    world.laneway("show A-2").code(0);
    world.laneway("audit overrides").code(0);
    world.laneway("audit verify").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn g21_what_is_over_stays_over_when_a_clock_is_set_back() {
    let world = world();
    world.quietly(&format!("{ASK} --adr doc/adr/1.md"));
    world.quietly("except A-2 --approve 1 --as @dana");
    world.at("2026-11-22T09:00:00Z");
    world.quietly("note A-1 later --as @dana");
    world.at("2026-11-20T09:00:00Z");
    for _ in 0..2 {
        drop(world.laneway("claim A-2 --as @bot").code(4).says("A-1"));
        world.quietly("note A-1 earlier --as @bot");
    }
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn g21_what_is_revoked_lifts_nothing() {
    let world = world();
    world.quietly(&format!("{ASK} --adr doc/adr/1.md"));
    world.quietly("except A-2 --approve 1 --as @dana");
    world.laneway("except A-2 --revoke 1 --as @eve").code(4);
    world
        .laneway("except A-2 --revoke 1 --note 'no more' --as @dana")
        .code(0);
    world.laneway("claim A-2 --as @bot").code(4);
    world.laneway("except --list").code(0);
    world.laneway("except --list --all").code(0);
    world
        .laneway("except A-1 --gate lane-busy --adr doc/adr/1.md --reason x --rollback x --expires 1h --as @bot")
        .code(4);
    world.laneway("except A-1 --as @bot").code(2);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p23_the_decision_record_may_stand_in_the_lane() {
    let world = world();
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "doc/adr/7.md", "# No review for this\n");
    world
        .laneway_in(
            LANE,
            "except --gate review-owed --adr doc/adr/7.md --reason x --rollback x --expires 1h",
        )
        .code(0);
    world.laneway("audit verify").code(0);
}
