//! PROMISES P26: acceptance evidence is true. What is recorded is the command that ran, how it
//! ended, how long it took, and the very tree it ran on; whatever it does to that tree voids it, and
//! its time limit ends its whole process group.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// A lane with one commit, whose task owes this check.
fn lane(check: &str) -> World {
    let world = World::governed();
    world.rule("checks: {timeout: 2s}");
    world.quietly(&format!(
        "add A-1 --title One --role A-backend --check '{check}' --as @dana"
    ));
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "1\n");
    world
}

/// The records of evidence.
fn recorded(world: &World) -> Vec<Value> {
    let shown = world.laneway("--json show A-1").code(0).json();
    let records = shown["data"]["task"]["records"].as_array().unwrap().clone();
    records
        .into_iter()
        .filter(|one| one["kind"] == "evidence")
        .collect()
}

/// Runs the check, which must be void; nothing is recorded.
fn void(check: &str, why: &str) {
    let world = lane(check);
    drop(world.laneway_in(LANE, "check --trust").code(4).says(why));
    assert_eq!(recorded(&world), Vec::<Value>::new(), "{check}");
}

/// Runs the check, which counts; what is recorded of it.
fn counts(world: &World, code: i32) -> Value {
    drop(world.laneway_in(LANE, "check --trust").code(code));
    let records = recorded(world);
    assert_eq!(records.len(), 1);
    records[0]["checks"][0].clone()
}

fn is_gone(world: &World, pid_file: &str) -> bool {
    let pid = std::fs::read_to_string(world.path(pid_file)).unwrap();
    let status = format!("/proc/{}/stat", pid.trim());
    // A zombie that its new parent has not fetched yet is gone, too.
    std::fs::read_to_string(status).map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn p26_a_check_that_edits_the_tree_is_void() {
    void("echo 2 > a.txt", "a.txt");
}

#[test]
fn p26_a_check_that_commits_is_void() {
    void(
        "git -c user.name=T -c user.email=t@x commit -q --allow-empty -m x",
        "another commit",
    );
}

#[test]
fn p26_a_check_that_leaves_a_file_is_void() {
    void("echo x > left.txt", "left.txt");
}

#[test]
fn p26_a_check_that_restores_what_it_changed_counts() {
    let world = lane("cp a.txt ../b && echo 2 > a.txt && cat ../b > a.txt");
    assert_eq!(counts(&world, 0)["passed"], true);
}

#[test]
fn p26_a_daemon_that_keeps_the_output_does_not_hold_the_check() {
    let world = lane("setsid sleep 30 & echo done");
    let started = Instant::now();
    let run = counts(&world, 0);
    assert_eq!((&run["exit"], &run["tail"]), (&0.into(), &"done".into()));
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn p26_a_gigabyte_of_output_is_counted_and_not_kept() {
    let world = lane("head -c 1000000000 /dev/zero; echo; echo end");
    world.rule("checks: {timeout: 10m, output: 64KiB}");
    // All of it kept would not fit.
    let limited = "-c 'ulimit -v 700000 && exec \"$0\" check --trust'";
    let mut command = world.command(&world.path(LANE), "sh", limited);
    let output = command.arg(env!("CARGO_BIN_EXE_laneway")).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let run = recorded(&world)[0]["checks"][0].clone();
    let tail = run["tail"].as_str().unwrap();
    assert!(tail.len() <= 2048 && tail.ends_with("end"), "{tail}");
}

#[test]
fn p26_a_check_that_ignores_the_signal_ends_soon_after_its_time_limit() {
    let world = lane("echo $$ > ../pid; trap \"\" TERM; while :; do sleep 1; done");
    let started = Instant::now();
    let run = counts(&world, 1);
    assert_eq!((run.get("exit"), &run["passed"]), (None, &false.into()));
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(is_gone(&world, "pid"));
}

#[test]
fn p26_the_time_limit_ends_the_whole_process_group() {
    let world = lane("sleep 300 & echo $! > ../pid; wait");
    let run = counts(&world, 1);
    assert!(run["millis"].as_u64().unwrap() >= 2000);
    assert!(is_gone(&world, "pid"));
}

#[test]
fn p26_a_check_that_a_signal_ended_has_no_exit_code() {
    let world = lane("kill -9 $$");
    let run = counts(&world, 1);
    assert_eq!((run.get("exit"), &run["passed"]), (None, &false.into()));
}

#[test]
fn p26_what_is_recorded_is_of_one_tree() {
    let world = lane("sleep 0.2; cat a.txt; exit 3");
    let run = counts(&world, 1);
    assert_eq!(run["command"], "sleep 0.2; cat a.txt; exit 3");
    assert_eq!((&run["exit"], &run["tail"]), (&3.into(), &"1".into()));
    assert!((200..2000).contains(&run["millis"].as_u64().unwrap()));
    let head = world.git_in(LANE, "rev-parse HEAD");
    assert_eq!(recorded(&world)[0]["commit"], head.trim());
    // The content key is the tree of that commit without `governance/`.
    let rest = "-c 'git ls-tree HEAD | grep -v governance | git mktree'";
    let tree = world
        .command(&world.path(LANE), "sh", rest)
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let files = world.git("ls-tree -r --name-only laneway");
    let file = files
        .lines()
        .find(|file| file.ends_with("A-1.yaml"))
        .unwrap();
    let state = world.git(&format!("show laneway:{file}"));
    assert!(
        state.contains(&format!("content_key: {}", tree.trim())),
        "{state}"
    );
}

#[test]
fn p26_a_clean_check_sees_the_commit_and_nothing_that_stands_beside_it() {
    let world = lane("test ! -e cache && cat a.txt");
    world.write_in(LANE, "cache", "warm\n");
    world.write_in(LANE, "a.txt", "not committed\n");
    drop(world.laneway_in(LANE, "check --trust").code(4));
    let answer = world
        .laneway_in(LANE, "--json check --trust --clean")
        .code(0)
        .json();
    assert_eq!(answer["data"]["clean"], true);
    assert_eq!(answer["data"]["checks"][0]["tail"], "1");
    assert_eq!(
        world.git("worktree list").lines().count(),
        2,
        "the temporary one is gone"
    );
}

#[test]
fn p26_a_merge_whose_check_edits_the_tree_lands_nothing() {
    let world = World::governed();
    let add = "--role A-backend --check 'echo 2 > a.txt'";
    world.submit("A-1", add, LANE, "a.txt", "1\n");
    let before = world.target();
    drop(
        world
            .laneway("merge A-1 --trust --as @bot")
            .code(4)
            .says("a.txt"),
    );
    assert_eq!(world.target(), before);
    assert_eq!(world.git("worktree list").lines().count(), 2);
}
