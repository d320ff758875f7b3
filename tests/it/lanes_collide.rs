//! A lane whose directory is somebody else's is found before the claim, not after it (P3).

use std::fs;

use crate::support::World;

const CLAIM: &str = "claim A-1 --as @bot";

/// The claim is refused with `code`, in words, and nothing has changed; with a directory of its own
/// it goes through.
fn refused(world: &World, dir: &str, code: i32, words: &[&str]) {
    let before = world.git_in(dir, "for-each-ref");
    for line in [CLAIM, "claim --role A-backend --as @bot"] {
        let mut answer = world.laneway_in(dir, line).code(code);
        for word in words {
            answer = answer.says(word);
        }
        drop(answer.says("WORKTREE_ROOT"));
        assert_eq!(world.git_in(dir, "for-each-ref"), before, "{line}");
    }
    world.set("WORKTREE_ROOT", &world.path("lanes").display().to_string());
    drop(world.laneway_in(dir, CLAIM).code(0));
    world.unset("WORKTREE_ROOT");
    drop(world.laneway_in(dir, "audit verify").code(0));
}

#[test]
fn p03_a_directory_that_is_taken_refuses_the_claim_before_it_is_published() {
    let lane = "repo-A-backend";
    for (what, code) in [
        ("a directory that is not empty", 4),
        ("a file", 4),
        ("a symbolic link", 4),
        ("another repository", 4),
    ] {
        let world = World::planned();
        match what {
            "a file" => world.write_in(".", lane, "mine\n"),
            "a symbolic link" => {
                std::os::unix::fs::symlink(world.path("tmp"), world.path(lane)).unwrap();
            }
            "another repository" => drop(world.git_in(".", &format!("init -q {lane}"))),
            _ => world.write_in(lane, "mine.txt", "mine\n"),
        }
        let seen = world.path(lane).display().to_string();
        refused(
            &world,
            "repo",
            code,
            &[&format!("{seen} is taken by {what}")],
        );
        match fs::symlink_metadata(world.path(lane)).unwrap() {
            data if data.is_dir() && what.contains("empty") => {
                assert_eq!(fs::read_dir(world.path(lane)).unwrap().count(), 1);
            }
            data => assert!(data.is_file() || data.is_symlink() || data.is_dir()),
        }
    }
}

#[test]
fn p03_an_empty_directory_is_no_obstacle() {
    let world = World::planned();
    fs::create_dir(world.path("repo-A-backend")).unwrap();
    drop(world.laneway(CLAIM).code(0));
}

#[test]
fn p03_a_worktree_on_another_branch_refuses_the_claim_before_it_is_published() {
    let world = World::planned();
    world.git("worktree add -q -b mine ../repo-A-backend");
    refused(&world, "repo", 4, &["a worktree on branch `mine`"]);
}

#[test]
fn p03_the_directory_of_a_clone_beside_refuses_the_claim() {
    let world = World::remote();
    // Two clones of one hub, side by side: policy gives their lanes the same directories.
    for task in ["A-1", "A-2"] {
        let add = format!("add {task} --title Work --role A-backend --as @dana");
        world.quietly(&add);
    }
    let url = format!("file://{}", world.path("hub.git").display());
    world.git_in(".", &format!("clone -q {url} other"));
    let claim = "claim A-2 --lane A-backend --as @ann";
    drop(world.laneway_in("other", claim).code(0));
    drop(world.laneway_in("other", "release A-2 --as @ann").code(0));
    world.git("fetch -q origin");
    // The lane is free; its directory is the other clone's.
    let clone = world.path("other").display().to_string();
    let words = format!("a worktree of another repository, {clone}");
    refused(&world, "repo", 4, &[&words]);
}

#[test]
fn p03_the_lane_of_a_clone_beside_is_named_with_its_holder() {
    let world = World::planned();
    // A copy with a ledger of its own.
    let url = format!("file://{}", world.path("repo").display());
    world.git_in(".", &format!("clone -q {url} other"));
    world.git_in("other", "branch -q laneway origin/laneway");
    drop(world.laneway_in("other", "claim A-1 --as @ann").code(0));
    let clone = world.path("other").display().to_string();
    let lane = format!("is lane A-backend of another clone, {clone}");
    let words = [lane.as_str(), "bound to the claim of `A-1` by @ann"];
    refused(&world, "repo", 3, &words);
}

#[test]
fn p03_another_lane_is_free_although_one_directory_is_taken() {
    let world = World::planned();
    world.write_in("repo-A-backend", "mine.txt", "mine\n");
    drop(world.laneway(CLAIM).code(4).says("is taken by"));
    drop(
        world
            .laneway("claim A-1 --lane A-backend:2 --as @bot")
            .code(0),
    );
    let work = "add A-9 --title More --role A-backend --as @dana";
    world.quietly(work);
    drop(world.laneway("claim A-9 --no-worktree --as @bot").code(0));
}

/// Refused before the claim: no ref has moved, and nothing is left that a next command asks about.
#[track_caller]
fn refused_without_trace(world: &World, word: &str) {
    let before = world.git("for-each-ref");
    drop(world.laneway(CLAIM).code(4).says(word));
    assert_eq!(world.git("for-each-ref"), before);
    let found = world.laneway("doctor");
    assert!(!found.stdout.contains("claim-journal"), "{}", found.stdout);
}

#[test]
fn p03_commits_that_only_the_lanes_branch_has_refuse_the_claim_before_it_is_published() {
    let world = World::planned();
    let tree = "commit-tree HEAD^{tree} -p HEAD -m precious";
    let commit = world.git(tree).trim().to_owned();
    world.git(&format!("branch agent/A-backend {commit}"));
    refused_without_trace(&world, "precious");
    world.git("branch keep agent/A-backend");
    world.git("branch -D agent/A-backend");
    drop(world.laneway(CLAIM).code(0));
}

#[test]
fn p03_files_in_the_way_of_the_target_refuse_the_claim_before_it_is_published() {
    let world = World::planned();
    drop(world.laneway(CLAIM).code(0));
    drop(world.laneway("release A-1 --as @bot").code(0));
    world.commit("repo", "new.txt", "of the target\n");
    world.write_in("repo-A-backend", "new.txt", "mine\n");
    refused_without_trace(&world, "new.txt");
    let mine = world.path("repo-A-backend/new.txt");
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine\n");
    fs::remove_file(mine).unwrap();
    drop(world.laneway(CLAIM).code(0));
}

#[test]
fn p03_a_claim_that_a_lane_refused_leaves_no_trace() {
    let world = World::planned();
    world.write_in("repo-A-backend", "mine.txt", "mine\n");
    refused_without_trace(&world, "a directory that is not empty");
}
