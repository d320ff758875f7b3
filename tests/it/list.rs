use crate::support::World;

#[test]
fn list_shows_tasks_by_status_role_and_agent() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.laneway("list").code(0);
    world.laneway("list --status todo --role A-backend").code(0);
    world.laneway("list --status wip").code(0);
    world.laneway("list --agent @bot").code(0);
    world.laneway("list --agent @nobody").code(0);
    world.laneway("list --limit 1").code(0);
    world.laneway("--json list --limit 1").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn list_asks_back_for_a_status_it_does_not_know() {
    let world = World::planned();
    world.laneway("list --status blcked").code(2);
    world.laneway("list --status purple").code(2);
    world.laneway("list --role C-none").code(2);
    insta::assert_snapshot!(world.transcript());
}
