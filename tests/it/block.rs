use crate::support::World;

#[test]
fn block_stops_a_task_and_unblock_goes_on_with_it() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.laneway("block A-1 --as @bot").code(2);
    world
        .laneway("block A-1 --reason 'no schema yet' --as @other")
        .code(4);
    world
        .laneway("block A-1 --reason 'no schema yet' --by B-1 --as @bot --dry-run")
        .code(0);
    world
        .laneway("block A-1 --reason 'no schema yet' --by B-1 --as @bot")
        .code(0);
    world.laneway("claim A-1 --as @other").code(3);
    world.laneway("--json unblock A-1 --as @bot").code(0);
    world.laneway("unblock A-1 --as @bot").code(4);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn block_and_unblock_leave_the_id_out_in_a_lane() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world
        .laneway_in("repo-A-backend", "--json block --reason stuck")
        .code(0);
    world.laneway("block --reason stuck --as @bot").code(2);
    world.laneway("unblock A-1 --as @bot").code(0);
    insta::assert_snapshot!(world.transcript());
}

/// While git makes a worktree, it is listed as locked before its `.git` is there.
#[test]
fn a_worktree_that_is_being_made_stands_in_nobodys_way() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.git("worktree add -q --lock --detach ../half");
    std::fs::remove_file(world.path("half/.git")).unwrap();
    drop(world.laneway("block A-1 --reason later --as @bot").code(0));
}
