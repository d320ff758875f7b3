use crate::support::World;

#[test]
fn return_gives_a_task_back_with_what_is_wrong_with_it() {
    let world = World::planned();
    world
        .laneway("return A-1 --reason 'too large' --as @bot")
        .code(4);
    world.quietly("claim A-1 --as @bot");
    world.laneway("return A-1 --as @bot").code(2);
    world
        .laneway("return A-1 --reason 'too large' --as @bot --dry-run")
        .code(0);
    world
        .laneway_in("repo-A-backend", "--json return --reason 'too large'")
        .code(0);
    world.laneway("show A-1").code(0);
    insta::assert_snapshot!(world.transcript());
}
