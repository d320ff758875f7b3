//! Trust: what may run on this machine, and what changed since it might.

use crate::support::World;

const LANE: &str = "repo-A-backend";

#[test]
fn a_changed_command_shows_what_differs_and_asks_again() {
    let world = World::governed();
    let add = "add A-1 --title One --role A-backend --check 'test -f README' --as @dana";
    world.quietly(add);
    world.quietly("claim A-1 --as @bot");
    drop(
        world
            .laneway_in(LANE, "trust")
            .code(0)
            .says("trusted now: test -f README"),
    );
    let edit = "edit A-1 --remove-check 'test -f README' --add-check 'test -s README'";
    world.quietly(&format!("{edit} --as @dana"));
    let difference = "test [--f-]{+-s+} README";
    let refused = world.laneway_in(LANE, "--json check").code(4).json();
    let changed = &refused["error"]["changed"][0];
    assert_eq!(refused["error"]["kind"], "untrusted");
    assert_eq!(changed["was"], "test -f README");
    assert_eq!(changed["difference"], difference);
    drop(world.laneway_in(LANE, "check").code(4).says(difference));
    drop(world.laneway_in(LANE, "trust").code(0).says(difference));
    drop(world.laneway_in(LANE, "check").code(0));
}

#[test]
fn the_proof_of_a_root_cause_can_be_trusted_ahead() {
    let world = World::governed();
    world.commit("repo", "a.txt", "1\n");
    world.quietly("add A-1 --title One --role A-backend --kind defect --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "2\n");
    let line = "handoff --next more --root-cause 'one was meant as two' --layer a.txt";
    let handoff = format!("{line} --proof 'grep -q 2 a.txt'");
    drop(
        world
            .laneway_in(LANE, &handoff)
            .code(4)
            .says("not trusted here"),
    );
    drop(
        world
            .laneway_in(LANE, "trust --command 'grep -q 2 a.txt'")
            .code(0),
    );
    drop(world.laneway_in(LANE, &handoff).code(0));
}
