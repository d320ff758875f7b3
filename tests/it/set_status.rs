use crate::support::World;

#[test]
fn set_status_goes_the_way_of_the_verb_that_leads_there() {
    let world = World::planned();
    world
        .laneway("set-status A-1 in_progress --as @bot")
        .code(0);
    world.laneway("set-status A-1 blocked --as @bot").code(2);
    world
        .laneway("set-status A-1 blocked --reason waiting --as @bot")
        .code(0);
    world
        .laneway("set-status A-1 in-progress --as @bot")
        .code(0);
    world.laneway("set-status A-1 in_review --as @bot").code(2);
    world.write_in("repo-A-backend", "a.txt", "a\n");
    world.git_in("repo-A-backend", "add a.txt");
    world.git_in("repo-A-backend", "commit -q -m a");
    world
        .laneway("set-status A-1 review --next 'use it' --as @bot")
        .code(0);
    world.laneway("set-status A-1 done --as @dana").code(0);
    world.laneway("show A-1").code(0);
    world
        .laneway("--json set-status B-1 cancelled --reason no --as @dana")
        .code(0);
    world
        .laneway("set-status B-1 todo --reason yes --as @dana")
        .code(0);
    world
        .laneway("set-status B-1 awaiting_scope --as @dana")
        .code(2);
    world
        .laneway("set-status B-1 inprogress --as @dana")
        .code(2);
    insta::assert_snapshot!(world.transcript());
}
