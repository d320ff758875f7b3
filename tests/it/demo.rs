//! The demo plays to its end and leaves nothing behind.

use std::fs;

use crate::support::World;

#[test]
fn the_demo_plays_to_its_end_in_another_directory() {
    let world = World::new();
    let answer = world.laneway("demo").code(0).says("The winner is @");
    let last = answer.says("add → claim → evidence → handoff → landing → land");
    let gates = [
        "which is in_progress, not landed",
        "has no agent @eve",
        "ws-print-01 is not ready: printer",
        "overlaps `prices*`",
        "lands before `WEB-2`",
        "reserved as `prices*`",
        "mend the findings (1), then commit your work",
        "handoff → review → evidence → handoff → review",
    ];
    drop(
        gates
            .into_iter()
            .fold(last, |answer, fact| answer.says(fact)),
    );
    let left = fs::read_dir(world.path("tmp")).unwrap().count();
    assert_eq!(left, 0, "the throw-away directory is still there");
    assert_eq!(world.git("log --oneline --all").lines().count(), 1);
}

#[test]
fn a_demo_is_kept_only_in_an_empty_directory() {
    let world = World::new();
    drop(world.laneway("demo --keep .").code(2).says("not empty"));
}
