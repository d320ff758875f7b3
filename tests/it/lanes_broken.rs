//! A lane in whose directory something else stands than its worktree: every other lane is still
//! listed, and `doctor` says what happened and puts back what it safely can (P7, P9).

use std::fs;

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// A world with two lanes in use, the first with something not committed.
fn two_lanes() -> World {
    let world = World::planned();
    for claim in ["claim A-1 --as @bot", "claim B-1 --as @bot"] {
        drop(world.laneway(claim).code(0));
    }
    world.write_in(LANE, "mine.txt", "not committed\n");
    world
}

/// What `lane list` says of the lanes: their paths' ends, with the state that is unusual.
fn listed(world: &World) -> Vec<(String, Option<String>)> {
    let answer = world.laneway("--json lane list").code(0).json();
    let lanes = answer["data"]["lanes"].as_array().unwrap().iter();
    lanes
        .map(|lane| {
            let path = lane["path"].as_str().unwrap();
            let name = path.rsplit('/').next().unwrap().to_owned();
            (name, lane["instead"].as_str().map(str::to_owned))
        })
        .collect()
}

#[test]
fn p07_a_lane_without_its_git_file_stops_no_list_and_is_mended() {
    let world = two_lanes();
    fs::remove_file(world.path(LANE).join(".git")).unwrap();
    let lanes = listed(&world);
    assert_eq!(lanes.len(), 2);
    let what = "a directory that is not empty".to_owned();
    assert_eq!(lanes[0], (LANE.to_owned(), Some(what)));
    assert_eq!(lanes[1].1, None);
    let list = world.laneway("lane list").code(0);
    drop(list.says("no worktree: a directory that is not empty"));
    let flight = world.laneway("doctor --role A-backend --as @bot");
    let words: Vec<_> = flight.stdout.split_whitespace().collect();
    assert!(
        words
            .join(" ")
            .contains("is no worktree of this repository")
    );
    let found = world.laneway("doctor").code(1);
    drop(
        found
            .says("broken-worktree")
            .says("@bot works there on A-1"),
    );
    drop(world.laneway("doctor --fix").code(0).says("fixed"));
    drop(world.laneway("doctor").code(0));
    assert_eq!(listed(&world)[0].1, None);
    assert_eq!(
        world.git_in(LANE, "status --porcelain"),
        "?? mine.txt\n",
        "nothing was lost"
    );
    let branch = world.git_in(LANE, "branch --show-current");
    assert_eq!(branch.trim(), "agent/A-backend");
}

#[test]
fn p09_what_somebody_put_in_the_place_of_a_lane_is_told_and_left_alone() {
    for junk in [false, true] {
        let world = two_lanes();
        let dot = world.path(LANE).join(".git");
        fs::remove_file(&dot).unwrap();
        if junk {
            fs::write(&dot, "junk\n").unwrap();
        } else {
            drop(world.git_in(".", &format!("init -q {LANE}")));
        }
        let what = "another repository".to_owned();
        assert_eq!(listed(&world)[0].1, Some(what));
        let found = world.laneway("doctor --fix").code(1);
        let away = if junk { &dot } else { &world.path(LANE) };
        drop(found.says(&format!("move `{}` away", away.display())));
        assert_eq!(junk, dot.is_file(), "left alone");
        let to = world.path("aside");
        fs::rename(away, &to).unwrap();
        drop(world.laneway("doctor --fix").code(0));
        assert!(to.exists());
        let lanes = listed(&world);
        let left = lanes.iter().find(|(name, _)| name == LANE);
        if junk {
            assert_eq!(left.unwrap().1, None, "a worktree again");
        } else {
            assert_eq!(left, None, "forgotten, its branch and claim stand");
        }
    }
}

#[test]
fn p21_no_lane_is_mended_behind_a_link_or_in_an_empty_directory() {
    for link in [false, true] {
        let world = two_lanes();
        let lane = world.path(LANE);
        fs::rename(&lane, world.path("moved")).unwrap();
        fs::remove_file(world.path("moved/.git")).unwrap();
        if link {
            std::os::unix::fs::symlink(world.path("moved"), &lane).unwrap();
        } else {
            fs::create_dir(&lane).unwrap();
        }
        let found = world.laneway("doctor --fix").code(1);
        drop(found.says(&format!("move `{}` away", lane.display())));
        assert!(!world.path("moved/.git").exists() && !lane.join(".git").exists());
    }
}
