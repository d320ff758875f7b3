//! A lane whose directory was removed by hand, and what may stand there since: no claim is made
//! for a lane that cannot be opened, and nobody else's lane is taken for one's own (P3, P9).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use crate::support::{Answer, World};

const LANE: &str = "repo-A-backend";
const CLAIM: &str = "claim A-1 --as @bot";

/// A world whose lane `A-backend` was used once, and whose directory is gone.
fn gone() -> World {
    let world = World::planned();
    drop(world.laneway(CLAIM).code(0));
    drop(world.laneway("release A-1 --as @bot").code(0));
    fs::remove_dir_all(world.path(LANE)).unwrap();
    world
}

/// The claim is refused with `code`, and neither the ledger nor any branch has moved.
#[track_caller]
fn refused(world: &World, code: i32) -> Answer {
    let before = world.git("for-each-ref");
    let answer = world.laneway(CLAIM).code(code);
    assert_eq!(world.git("for-each-ref"), before);
    answer
}

/// Another clone of the repository, beside it, with a ledger of its own.
fn second_clone(world: &World) {
    let url = format!("file://{}", world.path("repo").display());
    world.git_in(".", &format!("clone -q {url} two"));
    world.git_in("two", "branch -q laneway origin/laneway");
}

fn pipe(world: &World, path: &Path) {
    let line = path.display().to_string();
    let made = world.command(&world.path("."), "mkfifo", &line).status();
    assert!(made.unwrap().success());
}

#[test]
fn p03_a_live_lane_of_another_clone_is_not_taken_over_where_ones_own_was() {
    let world = gone();
    second_clone(&world);
    drop(world.laneway_in("two", "claim A-1 --as @ann").code(0));
    let binding = world.path("two/.git/worktrees/repo-A-backend/laneway/claim.json");
    let theirs = (
        fs::read(&binding).unwrap(),
        world.git_in("two", "for-each-ref"),
    );
    let clone = world.path("two").display().to_string();
    let answer = refused(&world, 3);
    drop(
        answer
            .says(&format!("is lane A-backend of another clone, {clone}"))
            .says("bound to the claim of `A-1` by @ann"),
    );
    let now = (
        fs::read(&binding).unwrap(),
        world.git_in("two", "for-each-ref"),
    );
    assert_eq!(now, theirs);
    // What is asked of the lane here is not answered from there.
    let status = world.laneway("status --json").code(0);
    assert!(!status.stdout.contains("@ann"), "{status:?}");
    // Nor is it removed from here.
    let remove = world.laneway("lane remove A-backend").code(3);
    drop(remove.says("bound to the claim of `A-1` by @ann"));
    drop(world.laneway("audit verify").code(0));
    // A lane that is free can be claimed.
    drop(
        world
            .laneway("claim A-1 --lane A-backend:2 --as @bot")
            .code(0),
    );
}

#[test]
fn p03_another_repository_is_not_taken_for_the_lane_that_stood_there() {
    let world = gone();
    world.git_in(".", &format!("init -q {LANE}"));
    drop(refused(&world, 4).says("is taken by another repository"));
    assert!(!world.path(&format!("{LANE}/.git/laneway")).exists());
}

#[test]
fn p03_another_lane_is_not_taken_for_the_lane_that_stood_there() {
    for (link, what) in [
        (false, "a worktree that git has registered elsewhere"),
        (true, "a symbolic link"),
    ] {
        let world = gone();
        drop(world.laneway("claim B-1 --as @ann").code(0));
        let binding = world.path("repo/.git/worktrees/repo-B-ui/laneway/claim.json");
        let theirs = fs::read(&binding).unwrap();
        let other = world.path("repo-B-ui");
        if link {
            symlink(&other, world.path(LANE)).unwrap();
        } else {
            // A copy: its `.git` names the git directory of the lane that it was copied from.
            let dot = fs::read_to_string(other.join(".git")).unwrap();
            world.write_in(LANE, ".git", &dot);
        }
        drop(refused(&world, 4).says(&format!("is taken by {what}")));
        assert_eq!(fs::read(&binding).unwrap(), theirs);
    }
}

#[test]
fn p03_a_lane_that_was_moved_and_linked_to_is_still_ones_own() {
    let world = World::planned();
    drop(world.laneway(CLAIM).code(0));
    drop(world.laneway("release A-1 --as @bot").code(0));
    fs::rename(world.path(LANE), world.path("moved")).unwrap();
    symlink(world.path("moved"), world.path(LANE)).unwrap();
    drop(world.laneway(CLAIM).code(0));
    assert!(world.path("moved/.git").is_file());
}

#[test]
fn p03_what_stands_where_a_lane_was_refuses_the_claim_before_it_is_published() {
    for what in ["a directory that is not empty", "a file", "a symbolic link"] {
        let world = gone();
        match what {
            "a file" => world.write_in(".", LANE, "mine\n"),
            "a symbolic link" => symlink(world.path("tmp"), world.path(LANE)).unwrap(),
            _ => world.write_in(LANE, "mine.txt", "mine\n"),
        }
        drop(refused(&world, 4).says(&format!("is taken by {what}")));
        let data = fs::symlink_metadata(world.path(LANE)).unwrap();
        if data.is_dir() {
            assert_eq!(fs::read_dir(world.path(LANE)).unwrap().count(), 1);
        }
        assert_eq!(data.is_symlink(), what == "a symbolic link");
    }
}

#[test]
fn p07_a_lane_that_is_gone_is_made_anew_also_in_an_empty_directory() {
    for empty in [false, true] {
        let world = gone();
        if empty {
            fs::create_dir(world.path(LANE)).unwrap();
        }
        drop(world.laneway(CLAIM).code(0));
        assert!(world.path(LANE).join(".git").is_file());
        drop(world.laneway("audit verify").code(0));
    }
}

#[test]
fn p03_a_branch_that_another_checkout_holds_refuses_the_claim_before_it_is_published() {
    let world = gone();
    world.git("worktree prune");
    let branch = world.git("for-each-ref --format=%(refname:short) refs/heads/agent");
    world.git(&format!("switch -q {}", branch.trim()));
    let main = world.path("repo").display().to_string();
    drop(refused(&world, 4).says(&format!("is checked out at {main}")));
    world.git("switch -q main");
    drop(world.laneway(CLAIM).code(0));
}

#[test]
fn p03_a_branch_that_is_also_in_another_checkout_refuses_the_claim_before_it_is_published() {
    let world = World::planned();
    drop(world.laneway(CLAIM).code(0));
    drop(world.laneway("release A-1 --as @bot").code(0));
    let branch = world.git("for-each-ref --format=%(refname:short) refs/heads/agent");
    let branch = branch.trim();
    world.git(&format!("switch -q --ignore-other-worktrees {branch}"));
    let main = world.path("repo").display().to_string();
    drop(refused(&world, 4).says(&format!("is checked out at {main}")));
    world.git("switch -q main");
    drop(world.laneway(CLAIM).code(0));
}

#[test]
fn p03_a_lane_that_is_gone_and_locked_refuses_the_claim_before_it_is_published() {
    let world = World::planned();
    drop(world.laneway(CLAIM).code(0));
    drop(world.laneway("release A-1 --as @bot").code(0));
    world.git(&format!("worktree lock --reason disk ../{LANE}"));
    fs::remove_dir_all(world.path(LANE)).unwrap();
    drop(refused(&world, 4).says("a lock (disk)"));
    world.git(&format!("worktree unlock ../{LANE}"));
    drop(world.laneway(CLAIM).code(0));
}

#[test]
fn p09_a_directory_made_of_pipes_does_not_hold_up_a_claim() {
    // The git directory itself, one that `.git` names, and the `.git` file: nobody writes to them.
    for (dir, files) in [
        (".git", &["HEAD", "config", "commondir"][..]),
        ("else", &["HEAD", "config", "commondir"]),
        ("else", &["commondir"]),
        ("", &[".git"]),
    ] {
        for used in [false, true] {
            let world = if used { gone() } else { World::planned() };
            let lane = world.path(LANE);
            fs::create_dir_all(lane.join(dir).join("objects")).unwrap();
            fs::create_dir_all(lane.join(dir).join("refs")).unwrap();
            if dir == "else" {
                world.write_in(LANE, ".git", "gitdir: else\n");
                world.write_in(LANE, "else/HEAD", "ref: refs/heads/main\n");
                drop(fs::remove_file(lane.join("else").join(files[0])));
            }
            for file in files {
                pipe(&world, &lane.join(dir).join(file));
            }
            let before = world.git("for-each-ref");
            let claim = world.start("repo", CLAIM).within(Duration::from_secs(60));
            drop(claim.code(4).says("is taken by another repository"));
            assert_eq!(world.git("for-each-ref"), before, "{dir} {files:?}");
        }
    }
}

#[test]
fn p09_no_more_of_a_git_file_is_read_than_one_can_be() {
    let world = gone();
    world.write_in(LANE, ".git", "gitdir: else\n");
    let file = fs::OpenOptions::new()
        .write(true)
        .open(world.path(LANE).join(".git"));
    // Sparse: it takes no room, and whoever read it all would ask for a terabyte.
    file.unwrap().set_len(1 << 40).unwrap();
    drop(refused(&world, 4).says("is taken by another repository"));
}
