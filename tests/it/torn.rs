//! A landing that is cut short at any point is finished or undone by the next command.

use crate::support::World;

const A: &str = "repo-A-backend";

fn submitted() -> [(World, String); 2] {
    World::both().map(|world| {
        let add = "--role A-backend --check 'test -f a.txt'";
        let commit = world.submit("A-1", add, A, "a.txt", "a\n");
        (world, commit)
    })
}

#[test]
fn a_merge_that_dies_before_the_move_is_done_again() {
    for point in ["built", "flushed", "published", "slot", "gated", "landing"] {
        for (world, commit) in submitted() {
            let before = world.target();
            world.dying("repo", point, "merge A-1 --trust --as @bot");
            assert_eq!(world.target(), before, "{point}");
            drop(world.laneway("merge A-1 --trust --as @bot").code(0));
            assert_eq!(world.target(), commit, "{point}");
            assert_eq!(world.git("status --porcelain"), "", "{point}");
            assert_eq!(world.last_op("A-1"), "land", "{point}");
        }
    }
}

#[test]
fn a_merge_that_dies_after_the_move_leaves_a_checkout_that_the_next_one_mends() {
    for (world, commit) in submitted() {
        world.dying("repo", "landed", "merge A-1 --trust --as @bot");
        assert_eq!(world.target(), commit);
        assert_eq!(world.last_op("A-1"), "land");
        world.submit("B-1", "--role B-ui", "repo-B-ui", "b.txt", "b\n");
        drop(world.laneway("merge B-1 --as @bot").code(0));
        assert_eq!(world.git("status --porcelain"), "");
        assert!(world.path("repo/a.txt").exists() && world.path("repo/b.txt").exists());
    }
}

#[test]
fn the_slot_of_a_merger_that_died_elsewhere_is_free_after_its_time() {
    let [(world, commit), _] = submitted();
    world.submit("B-1", "--role B-ui", "repo-B-ui", "b.txt", "b\n");
    world.dying("repo", "slot", "merge A-1 --trust --as @bot");
    drop(
        world
            .laneway("merge B-1 --as @carl")
            .code(3)
            .says("merge slot"),
    );
    world.at("2026-11-20T10:05:00Z");
    drop(world.laneway("merge B-1 --as @carl").code(0));
    assert_ne!(world.target(), commit);
}

#[test]
fn what_is_pushed_by_hand_under_a_landing_owes_the_checks_that_never_ran() {
    for (check, passes) in [("false", false), ("'test -f a.txt'", true)] {
        for world in World::both() {
            let add = format!("--role A-backend --check {check}");
            let commit = world.submit("A-1", &add, A, "a.txt", "a\n");
            let next = "B-1 --title Next --role B-ui --depends-on A-1";
            world.quietly(&format!("add {next} --as @dana"));
            world.dying("repo", "slot", "merge A-1 --trust --as @bot");
            pushed(&world, &commit);
            drop(world.laneway("merge A-1 --as @carl").code(3));
            drop(world.laneway("claim B-1 --as @carl").code(4).says("A-1"));
            let merged = world.laneway("merge A-1 --trust --as @bot").code(4);
            drop(merged.says("laneway complete A-1"));
            let complete = "complete A-1 --as @bot";
            drop(world.laneway(complete).code(4).says("has not run"));
            let checked = world.laneway_in(A, "check --trust");
            drop(checked.code(i32::from(!passes)));
            drop(world.laneway(complete).code(if passes { 0 } else { 4 }));
            drop(world.laneway("audit verify").code(0));
        }
    }
}

#[test]
fn a_landing_whose_checks_passed_is_finished_by_anyone_without_running_them() {
    for (world, commit) in submitted() {
        world.dying("repo", "gated", "merge A-1 --trust --as @bot");
        pushed(&world, &commit);
        drop(
            world
                .laneway("merge A-1 --as @carl")
                .code(0)
                .says("cut short"),
        );
        assert_eq!(world.last_op("A-1"), "land");
        drop(world.laneway("audit verify").code(0));
    }
}

#[test]
fn a_slot_that_a_dead_merger_left_is_free_once_the_next_merge_cannot_move_the_target() {
    let [(world, commit), _] = submitted();
    world.dying("repo", "gated", "merge A-1 --trust --as @bot");
    world.write("a.txt", "in the way\n");
    let refused = world.laneway("merge A-1 --as @bot");
    assert_ne!(refused.exit, Some(0));
    assert_eq!(world.last_op("A-1"), "drop-landing");
    std::fs::remove_file(world.path("repo/a.txt")).unwrap();
    drop(world.laneway("merge A-1 --as @bot").code(0));
    assert_eq!(world.target(), commit);
}

/// The target has the commit, by another way than the ledger's.
fn pushed(world: &World, commit: &str) {
    if world.is_remote() {
        world.git_in(A, &format!("push -q origin {commit}:refs/heads/main"));
        world.git("fetch -q origin");
    } else {
        world.git(&format!("merge -q --ff-only {commit}"));
    }
}
