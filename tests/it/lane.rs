use crate::support::World;

#[test]
fn lanes_are_made_listed_synced_and_removed() {
    let world = World::planned();
    world.laneway("lane list").code(0);
    world.laneway("lane add A-backend:2 --dry-run").code(0);
    world.laneway("lane add A-backend:2").code(0);
    world.laneway("lane add A-backend:2").code(0);
    world.quietly("claim A-1 --as @bot");
    world.write_in("repo-A-backend", "a.txt", "a\n");
    world.laneway("lane list").code(0);
    world.laneway("--json lane list").code(0);
    world.laneway("lane sync A-backend:2").code(0);
    world.git("commit -q --allow-empty -m more");
    world.laneway("lane sync A-backend:2 --dry-run").code(0);
    world.laneway("lane sync A-backend:2").code(0);
    world.laneway("lane remove A-backend:2 --dry-run").code(0);
    world.laneway("--json lane remove A-backend:2").code(0);
    world.laneway("lane remove A-backend").code(4);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_lane_that_conflicts_with_the_target_stays_as_it_is() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.write_in("repo-A-backend", "README", "lane\n");
    world.laneway_in("repo-A-backend", "lane sync").code(4);
    world.git_in("repo-A-backend", "commit -q -a -m lane");
    world.write("README", "target\n");
    world.git("commit -q -a -m target");
    world
        .laneway_in("repo-A-backend", "--json lane sync --dry-run")
        .code(1);
    world.laneway_in("repo-A-backend", "lane sync").code(1);
    world
        .laneway_in("repo-A-backend", "--json lane sync")
        .code(1);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn lanes_that_policy_does_not_have_are_refused() {
    let world = World::planned();
    world.laneway("lane add A-backend:3").code(4);
    world.laneway("lane add C-none").code(4);
    world.laneway("lane sync").code(2);
    world.laneway("lane remove B-ui").code(4);
    world.laneway("--json lane add 'no lane'").code(2);
    insta::assert_snapshot!(world.transcript());
}
