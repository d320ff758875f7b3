use crate::support::World;

#[test]
fn cancel_asks_what_becomes_of_dependents_and_reopen_takes_it_up_again() {
    let world = World::planned();
    world.laneway("cancel A-1 --as @dana").code(2);
    world
        .laneway("cancel A-1 --reason 'not wanted' --as @dana")
        .code(4);
    world
        .laneway("cancel A-1 --reason 'not wanted' --drop-edge --as @dana --dry-run")
        .code(0);
    world
        .laneway("cancel A-1 --reason 'not wanted' --keep-dependents --as @dana")
        .code(0);
    world.laneway("list --status cancelled").code(0);
    world
        .laneway("reopen A-1 --reason 'wanted after all' --as @dana")
        .code(0);
    world
        .laneway("--json cancel A-1 --reason no --drop-edge --as @dana")
        .code(0);
    world.laneway("show A-2").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn reopen_refuses_a_task_that_is_open() {
    let world = World::planned();
    world
        .laneway("reopen A-1 --reason again --as @dana")
        .code(4);
    world.laneway("cancel A-9 --reason no --as @dana").code(4);
    world.laneway("cancel --reason no --as @dana").code(2);
    world.laneway("cancel A-2 --reason no").code(4);
    insta::assert_snapshot!(world.transcript());
}
