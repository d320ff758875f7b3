//! Ctrl-C, SIGTERM and SIGHUP in the middle of what runs long: what was started ends, with
//! everything that it started, temporary worktrees go, nothing of it is recorded, and laneway dies
//! of the signal, so that a loop of a shell ends too (PROMISES P26).

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::World;

const LANE: &str = "repo-A-backend";

/// Runs longer than anybody waits, and so does what it starts; neither hears SIGTERM from the
/// terminal. Says whom to look for.
const LONG: &str = "sleep 600 & echo $! > \"$PIDS/below\"; echo $$ > \"$PIDS/top\"; wait";

/// A lane with a commit, whose task is added with this.
fn lane(world: &World, add: &str) {
    world.set("PIDS", &world.path("").display().to_string());
    world.write("long.sh", LONG);
    world.git("add long.sh");
    world.git("commit -q -m long");
    world.quietly(&format!(
        "add A-1 --title One --role A-backend {add} --as @dana"
    ));
    world.quietly("claim A-1 --as @bot");
    world.commit(LANE, "a.txt", "1\n");
}

/// The task owes the long check.
const CHECK: &str = "--check 'sh long.sh'";

const PROGRAM: &str = env!("CARGO_BIN_EXE_laneway");

/// A command line that signals end, although a shell that ran the tests in the background has them
/// ignored.
fn ended_by_signals(world: &World, dir: &str, line: &str) -> Command {
    let line = format!("--default-signal=HUP,INT,TERM {line}");
    world.command(&world.path(dir), "env", &line)
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn pid(world: &World, file: &str) -> Option<i32> {
    let text = std::fs::read_to_string(world.path(file)).ok()?;
    text.trim().parse().ok()
}

fn is_gone(pid: i32) -> bool {
    // A zombie that its new parent has not fetched yet is gone, too.
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

/// Runs laneway in a directory, and this signal to it alone once the long command runs.
fn interrupted(world: &World, dir: &str, line: &str, signal: Signal) -> (ExitStatus, String) {
    for file in ["top", "below"] {
        drop(std::fs::remove_file(world.path(file)));
    }
    let mut command = ended_by_signals(world, dir, &format!("{PROGRAM} {line}"));
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_for(line, || {
        pid(world, "top").is_some() && pid(world, "below").is_some()
    });
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    for file in ["top", "below"] {
        let pid = pid(world, file).unwrap();
        wait_for("what was started still runs", || is_gone(pid));
    }
    (output.status, String::from_utf8(output.stderr).unwrap())
}

/// The same, and that it died of the signal and said so.
fn dies(world: &World, dir: &str, line: &str, signal: Signal) {
    let (status, stderr) = interrupted(world, dir, line, signal);
    assert_eq!(status.signal(), Some(signal.as_raw()), "$ {line}\n{stderr}");
    let said = format!("error: interrupted by signal {}", signal.as_raw());
    assert!(stderr.contains(&said), "$ {line}\n{stderr}");
}

fn ledger(world: &World) -> String {
    world.git("rev-parse refs/heads/laneway")
}

fn worktrees(world: &World) -> usize {
    world.git("worktree list").lines().count()
}

#[test]
fn p26_an_interrupted_check_ends_with_all_that_it_started() {
    let world = World::governed();
    lane(&world, CHECK);
    let (before, count) = (ledger(&world), worktrees(&world));
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        dies(&world, LANE, "check --trust", signal);
    }
    dies(&world, LANE, "check --clean --trust", Signal::INT);
    assert_eq!(ledger(&world), before);
    assert_eq!(worktrees(&world), count, "a temporary worktree is left");
    drop(world.laneway_in(LANE, "doctor").code(0));
}

#[test]
fn p26_an_interrupted_landing_gives_its_slot_back() {
    let world = World::governed();
    lane(&world, CHECK);
    drop(world.laneway_in(LANE, "handoff --next more").code(0));
    let count = worktrees(&world);
    let target = world.target();
    dies(&world, "repo", "merge A-1 --as @bot --trust", Signal::TERM);
    assert_eq!(world.target(), target);
    assert_eq!(worktrees(&world), count, "a temporary worktree is left");
    assert_eq!(world.last_op("A-1"), "drop-landing");
}

#[test]
fn p26_an_interrupted_proof_or_probe_records_nothing() {
    let world = World::governed();
    lane(&world, "--kind defect");
    let (before, count) = (ledger(&world), worktrees(&world));
    let handoff = "handoff --next more --root-cause 'a minus' --layer a.txt --proof 'sh long.sh' \
                   --trust";
    dies(&world, LANE, handoff, Signal::INT);
    assert_eq!(worktrees(&world), count, "a temporary worktree is left");
    let registry = "version: 1\ndefault_workstation: ws-local-01\nworkstations:\n  \
                    - name: ws-local-01\n    probes: [{name: long, command: sh long.sh, timeout: 90s}]\n";
    world.write("governance/workstations.yaml", registry);
    world.git("commit -q -a -m probes");
    world.quietly("add B-1 --title Two --role B-ui --as @dana");
    let added = ledger(&world);
    dies(&world, "repo", "claim B-1 --as @bea --trust", Signal::INT);
    assert_eq!(ledger(&world), added);
    assert_ne!(added, before);
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let world = World::governed();
    lane(&world, CHECK);
    drop(std::fs::remove_file(world.path("top")));
    let line = format!("sh -c 'trap \"\" HUP; exec {PROGRAM} check --trust'");
    let child = {
        let mut command = ended_by_signals(&world, LANE, &line);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    wait_for("the check runs", || {
        pid(&world, "top").is_some() && pid(&world, "below").is_some()
    });
    let laneway = Pid::from_child(&child);
    kill_process(laneway, Signal::HUP).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(!is_gone(pid(&world, "top").unwrap()));
    kill_process(laneway, Signal::INT).unwrap();
    let status = child.wait_with_output().unwrap().status;
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()));
}
