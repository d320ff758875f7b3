use crate::support::World;

#[test]
fn release_gives_the_task_back_and_keeps_its_commits() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.write_in("repo-A-backend", "README", "half\n");
    world.laneway_in("repo-A-backend", "release").code(4);
    world.git_in("repo-A-backend", "commit -q -a -m half");
    world
        .laneway_in("repo-A-backend", "release --dry-run")
        .code(0);
    world
        .laneway_in("repo-A-backend", "release --reason 'other work'")
        .code(0);
    world.laneway("list").code(0);
    world.laneway("release A-1 --as @bot").code(4);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn release_of_anothers_task_owes_force_and_a_reason() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.laneway("release A-1 --as @dana").code(4);
    world.laneway("release A-1 --as @dana --force").code(2);
    world
        .laneway("--json release A-1 --as @dana --force --reason gone")
        .code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn release_expired_gives_back_what_nobody_renewed() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    world.laneway("release --expired --as @dana").code(1);
    world.at("2026-11-21T09:00:00Z");
    world.laneway("release --expired --as @dana").code(0);
    world.laneway("--json list --status todo --limit 1").code(0);
    insta::assert_snapshot!(world.transcript());
}
