use crate::support::World;

#[test]
fn note_adds_a_remark_to_the_named_task_or_the_lanes() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world
        .laneway("note A-1 'look at the retry loop' --as @dana")
        .code(0);
    world
        .laneway_in("repo-A-backend", "note 'found it'")
        .code(0);
    world.laneway("note A-1 more --as @dana --dry-run").code(0);
    world.laneway("--json note A-2 later --as @dana").code(0);
    world.laneway("note lonely --as @dana").code(2);
    world.laneway("note A-9 text --as @dana").code(4);
    world.laneway("note").code(2);
    world.laneway("show A-1").code(0);
    insta::assert_snapshot!(world.transcript());
}
