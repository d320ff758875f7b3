use crate::support::World;

#[test]
fn status_sums_up_the_queue_and_recommends() {
    let world = World::planned();
    world.laneway("status").code(0);
    world.laneway("status --next").code(0);
    world.quietly("claim A-1 --as @bot");
    world.quietly("claim B-1 --as @bot");
    world.quietly("block B-1 --reason 'no colours' --as @bot");
    world.at("2026-11-20T10:30:00Z");
    world.laneway("status").code(0);
    world.at("2026-11-21T10:30:00Z");
    world.laneway("status").code(0);
    world.laneway("status --next").code(0);
    world.laneway("--json status --next").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn status_says_where_there_is_no_ledger() {
    let world = World::new();
    world.laneway("status").code(5);
    world.laneway("--json status").code(5);
    world.laneway_in("home", "status").code(5);
    insta::assert_snapshot!(world.transcript());
}
