//! The way of a task from a bare repository to a lane.

use crate::support::World;

#[test]
fn a_repository_is_governed_and_a_task_is_claimed() {
    let world = World::new();
    world.laneway("init --role A-backend:2 --role B-ui").code(0);
    world.laneway("init").code(0);
    let add = "add A-1 --role A-backend --as @dana --title";
    world
        .laneway(&format!("{add} 'First task' --check 'test -f a.txt'"))
        .code(0);
    world
        .laneway("add A-2 --title Second --role A-backend --depends-on A-1 --as @dana")
        .code(0);
    world.laneway("ready --role A-backend --explain").code(0);
    world.laneway("claim --role A-backend --as @bot").code(0);
    world.laneway("claim A-1 --as @bot2").code(3);
    world.laneway("claim A-2 --as @bot2").code(4);
    world.laneway("--json claim A-2 --as @bot2").code(4);
    world.laneway("--json ready").code(1);
    insta::assert_snapshot!(world.transcript());
}
