//! A repository whose git directory stands apart from its files (`git init --separate-git-dir`): git
//! itself does not know the way back, so it is asked for before anything is written (P9).

use crate::support::World;

#[test]
fn p09_a_git_directory_that_stands_apart_must_say_where_the_files_are() {
    let world = World::new();
    world.git("init -q --separate-git-dir=../apart .");
    let init = "init --role A-backend --role B-ui";
    let remedy = format!("git config core.worktree {}", world.path("repo").display());
    drop(world.laneway(init).code(5).says(&remedy));
    assert!(!world.path("repo/governance").exists());
    world.git(remedy.strip_prefix("git ").unwrap());
    drop(world.laneway(init).code(0));
    world.submit("A-1", "--role A-backend", "repo-A-backend", "src/a", "1\n");
    // From the lane, which sees the main checkout only by that.
    let merged = world.laneway_in("repo-A-backend", "merge A-1");
    drop(merged.code(0));
    assert!(world.path("repo/src/a").exists());
    assert_eq!(world.git("status --porcelain"), "");
    // A governed repository that was taken apart since.
    world.git("config --unset core.worktree");
    drop(world.laneway("list").code(5).says(&remedy));
    drop(world.laneway("doctor").code(1).says(&remedy));
    let there = world.laneway_in("repo-A-backend", "list").code(5);
    drop(there.says("run `laneway doctor` in the main checkout"));
}

#[test]
fn p09_a_bare_repository_whose_worktrees_have_configuration_of_their_own_is_used_as_it_is() {
    let world = World::new();
    world.git("clone -q --bare . ../bare.git");
    world.git_in("bare.git", "worktree add -q ../work main");
    drop(world.laneway_in("work", "init --role A-backend").code(0));
    // Git moves `core.bare` to where the linked worktrees do not see it.
    world.git_in("work", "sparse-checkout set --no-cone /*");
    assert_eq!(
        world
            .git_in("work", "config extensions.worktreeConfig")
            .trim(),
        "true"
    );
    drop(world.laneway_in("work", "list").code(0));
    drop(world.laneway_in("work", "doctor").code(0));
}
