use crate::support::World;

#[test]
fn renew_extends_the_lease_of_the_task_or_of_all_that_the_agent_has() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.at("2026-11-20T11:00:00Z");
    world.laneway("renew A-1 --as @bot --dry-run").code(0);
    world.laneway("renew A-1 --as @bot").code(0);
    world.laneway("claim B-1 --as @bot").code(0);
    world.at("2026-11-20T12:00:00Z");
    world.laneway("renew --as @bot").code(0);
    world.laneway_in("repo-A-backend", "--json renew").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn renew_refuses_what_the_agent_does_not_hold() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.laneway("renew A-1 --as @other").code(4);
    world.laneway("renew --as @other").code(1);
    world.laneway("--json renew A-2 --as @other").code(4);
    insta::assert_snapshot!(world.transcript());
}
