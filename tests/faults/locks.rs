//! P7: locks that a kill left are cleared by the next command, locks of the living never are.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::machine::{Need, has, rounds};
use crate::support::World;

const LANEWAY: &str = env!("CARGO_BIN_EXE_laneway");

/// The calls at which a process is killed.
const CALLS: [&str; 9] = [
    "write", "rename", "renameat", "unlink", "unlinkat", "close", "openat", "fsync", "mkdir",
];

/// Most calls of one kind that are tried.
const DEEPEST: usize = 40;

/// The locks of git that lie in the repository.
fn locks(world: &World) -> Vec<PathBuf> {
    fn walk(dir: PathBuf, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(".git/laneway") {
                walk(path, found);
            } else if path.extension().is_some_and(|end| end == "lock") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(world.path("repo/.git"), &mut found);
    found
}

/// The next command succeeds within five seconds; what does not stand in its way, `doctor --fix`
/// clears.
fn goes_on(world: &World, at: &str) {
    let began = Instant::now();
    drop(
        world
            .laneway(&format!("note A-1 'after {at}' --as @dana"))
            .code(0),
    );
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{at}: {:?}",
        began.elapsed()
    );
    for lock in locks(world) {
        let file = File::options().write(true).open(lock).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(3))
            .unwrap();
    }
    drop(world.laneway("doctor --fix --as @dana").code(0));
    assert_eq!(locks(world), [""; 0].map(PathBuf::from), "{at}");
}

/// Kills a program at call after call, and has the next command go on from every lock it leaves.
fn kill_everywhere(world: &World, most: usize, mut line: impl FnMut() -> String) -> usize {
    let mut left = 0;
    for call in CALLS {
        for n in 1..=DEEPEST {
            if left == most {
                return left;
            }
            let inject = format!("-e trace={call} -e inject={call}:signal=KILL:when={n}");
            let traced = format!("-f -o /dev/null {inject} {}", line());
            let ended = world.ends("strace", &traced);
            if !locks(world).is_empty() {
                left += 1;
                goes_on(world, &format!("{call} {n}"));
            }
            if ended {
                break;
            }
        }
    }
    left
}

#[test]
fn p07_what_a_killed_git_leaves_is_cleared_by_the_next_command() {
    let name = "p07_what_a_killed_git_leaves";
    if !has(name, &[Need::Ptrace, Need::AllProcesses]) {
        return;
    }
    let world = World::planned();
    let most = rounds(8, 250);
    let on_main = kill_everywhere(&world, most, || {
        let tree = "'main^{tree}' -p main -m more";
        let new = world.git(&format!("commit-tree {tree}"));
        format!("git update-ref refs/heads/main {}", new.trim())
    });
    let on_ledger = kill_everywhere(&world, most, || {
        let tip = world.git("rev-parse laneway");
        format!("git update-ref refs/heads/laneway {0} {0}", tip.trim())
    });
    assert!(on_main > 0 && on_ledger > 0, "{on_main} {on_ledger}");
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p07_what_a_killed_laneway_leaves_is_cleared_by_the_next_command() {
    let name = "p07_what_a_killed_laneway_leaves";
    if !has(name, &[Need::Ptrace, Need::AllProcesses]) {
        return;
    }
    let world = World::planned();
    let left = kill_everywhere(&world, rounds(4, 250), || {
        format!("{LANEWAY} note A-2 killed --as @dana")
    });
    assert!(left > 0);
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p07_a_fleet_goes_on_past_a_stale_lock() {
    if !has("p07_a_fleet_goes_on", &[Need::AllProcesses]) {
        return;
    }
    let world = World::planned();
    for round in 0..rounds(3, 100) {
        for lock in ["packed-refs.lock", "refs/heads/laneway.lock"] {
            world.write_in("repo/.git", lock, "");
            let path = world.path("repo/.git").join(lock);
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60))
                .unwrap();
        }
        let line = |n: usize| format!("note A-1 'round {round} of {n}' --as @dana");
        let fleet: Vec<_> = (0..8).map(|n| world.start("repo", &line(n))).collect();
        for one in fleet {
            drop(one.answer().code(0));
        }
        assert_eq!(locks(&world), [""; 0].map(PathBuf::from));
    }
}

/// A git that is amid a transaction: its lock is there, and closed.
struct Amid(Child);

impl Amid {
    fn of(world: &World, command: &mut Command) -> Self {
        let tip = world.git("rev-parse laneway");
        command.args(["update-ref", "--stdin"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let script = format!(
            "start\nupdate refs/heads/laneway {0} {0}\nprepare\n",
            tip.trim()
        );
        child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(script.as_bytes())
            .unwrap();
        while locks(world).is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Self(child)
    }

    fn ends(mut self) {
        self.0.stdin.take().unwrap().write_all(b"commit\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

#[test]
fn p07_a_lock_that_a_living_git_has_closed_stays_and_is_named() {
    if !has(
        "p07_a_lock_that_a_living_git_has_closed",
        &[Need::AllProcesses],
    ) {
        return;
    }
    let world = World::planned();
    world.git("worktree add -q --detach ../linked");
    let git_dir = world.path("repo/.git");
    let at = |dir: PathBuf| {
        let mut command = Command::new("git");
        command.current_dir(dir);
        command
    };
    let mut by_argument = at("/".into());
    by_argument.arg("--git-dir").arg(&git_dir);
    let mut by_variable = at("/".into());
    by_variable.env("GIT_DIR", &git_dir);
    let holders = [
        at(world.path("repo")),
        at(git_dir.join("refs")),
        at(world.path("linked")),
        by_argument,
        by_variable,
    ];
    for mut command in holders {
        let amid = Amid::of(&world, &mut command);
        let pid = amid.0.id();
        let remedy = format!("once pid {pid} has ended: `laneway doctor --fix`");
        let refused = world.laneway("note A-1 refused --as @dana").code(3);
        drop(
            refused
                .says(&format!("may be held by pid {pid}"))
                .says(&remedy),
        );
        drop(world.laneway("doctor --fix").code(0).says(&remedy));
        assert_eq!(locks(&world).len(), 1, "{command:?}");
        amid.ends();
        drop(world.laneway("note A-1 done --as @dana").code(0));
    }
}
