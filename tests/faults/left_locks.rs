//! P7: a lock that a dead process left is cleared, or named with its remedy; a lock that somebody
//! holds is never touched.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine;
use crate::servers::Group;
use crate::stage::{PATIENCE, Stage, each, sample};
use crate::strace::{Call, Injection, LANEWAY, NEEDS, answer};
use crate::support::{Answer, World};

const LANE: &str = "repo-A-backend";
const OTHER: &str = "repo-A-backend-2";

const ADD: (&str, &str) = ("repo", "add N-1 --title New --role B-ui --as @dana");
const CLAIM: (&str, &str) = ("repo", "claim B-1 --as @bot");
const MERGE: (&str, &str) = ("repo", "merge A-1 --as @bot");
const HANDOFF: (&str, &str) = (OTHER, "handoff --next more");

/// What stands in a lock file when its holder dies.
#[derive(Debug, Clone, Copy)]
enum Content {
    Nothing,
    /// The id of a commit and a line feed.
    Commit,
    /// What stands in the file that it locks.
    Same,
    /// What laneway writes into its own: a holder that is long gone.
    Holder,
    Rubbish,
}

use Content::{Commit, Holder, Nothing, Rubbish, Same};

/// A file below `.git` that was left, its content, and the command that comes next.
type Leftover = (&'static str, Content, (&'static str, &'static str));

const LEFTOVERS: [Leftover; 36] = [
    ("refs/heads/laneway.lock", Nothing, ADD),
    ("refs/heads/laneway.lock", Commit, ADD),
    ("refs/heads/laneway.lock", Nothing, CLAIM),
    ("refs/heads/laneway.lock", Commit, CLAIM),
    ("refs/heads/laneway.lock", Nothing, MERGE),
    ("refs/heads/laneway.lock", Commit, MERGE),
    ("refs/heads/laneway.lock", Nothing, HANDOFF),
    ("refs/heads/main.lock", Nothing, MERGE),
    ("refs/heads/main.lock", Commit, MERGE),
    ("refs/heads/main.lock", Commit, CLAIM),
    ("refs/heads/agent/B-ui.lock", Nothing, CLAIM),
    ("refs/heads/agent/B-ui.lock", Commit, CLAIM),
    ("refs/laneway/work/A-2/1.lock", Nothing, HANDOFF),
    ("refs/laneway/work/A-2/1.lock", Commit, HANDOFF),
    ("HEAD.lock", Nothing, ADD),
    ("HEAD.lock", Same, CLAIM),
    ("HEAD.lock", Nothing, MERGE),
    ("HEAD.lock", Same, MERGE),
    ("packed-refs.lock", Nothing, ADD),
    ("packed-refs.lock", Nothing, CLAIM),
    ("packed-refs.lock", Nothing, MERGE),
    ("index.lock", Nothing, CLAIM),
    ("index.lock", Nothing, MERGE),
    ("index.lock", Same, MERGE),
    ("config.lock", Same, CLAIM),
    ("worktrees/repo-A-backend-2/index.lock", Nothing, HANDOFF),
    ("worktrees/repo-A-backend-2/index.lock", Same, HANDOFF),
    ("worktrees/repo-A-backend-2/HEAD.lock", Nothing, HANDOFF),
    ("objects/info/commit-graph.lock", Nothing, ADD),
    ("laneway/laneway/build.lock", Holder, ADD),
    ("laneway/laneway/publish.lock", Holder, ADD),
    ("laneway/laneway/pending", Rubbish, ADD),
    ("laneway/laneway/.tmpXXXXXX", Rubbish, ADD),
    ("laneway/laneway/claims/x.json", Rubbish, CLAIM),
    ("laneway/lanes/B-ui.lock", Holder, CLAIM),
    ("laneway/index-x-new", Rubbish, MERGE),
];

/// A task handed off, one in progress, one to claim.
fn prepared() -> Stage {
    let world = World::governed();
    world.submit("A-1", "--role A-backend", LANE, "a.txt", "a\n");
    world.quietly("add A-2 --title Two --role A-backend --lane A-backend:2 --as @dana");
    world.quietly("claim A-2 --as @bot");
    world.commit(OTHER, "b.txt", "b\n");
    world.quietly("add B-1 --title Other --role B-ui --as @dana");
    Stage::of(world)
}

fn leave(world: &World, file: &str, content: Content) -> PathBuf {
    let path = world.path("repo/.git").join(file);
    let bytes = match content {
        Nothing => Vec::new(),
        Commit => world.git("rev-parse refs/heads/main").into_bytes(),
        Same => fs::read(path.with_extension("")).unwrap(),
        Holder => b"pid 999999 on elsewhere since 2026-01-01T00:00:00Z for claim\n".to_vec(),
        Rubbish => b"{\"half\":".to_vec(),
    };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// The next command succeeds within [`PATIENCE`], or names the lock and the command that clears
/// it; after that it succeeds.
fn goes_on(world: &World, next: (&str, &str)) {
    succeeds(world, next);
    world.is_sound("repo");
}

fn succeeds(world: &World, (dir, line): (&str, &str)) {
    let start = Instant::now();
    let first = world.ask(dir, line);
    let took = start.elapsed();
    assert!(took < PATIENCE, "$ {line} took {took:?}: {first:?}");
    if first.exit != Some(0) {
        let remedy = remedy(&first);
        remedied(world, &remedy);
        drop(world.promptly(dir, line));
    }
}

/// The command between back-quotes that clears a lock, from an answer that names the lock.
fn remedy(no: &Answer) -> String {
    let said = format!("{no:?}");
    assert!(matches!(no.exit, Some(3 | 7)), "{said}");
    assert!(no.stderr.contains(".lock"), "names no lock: {said}");
    let quoted = no.stderr.split('`').skip(1).step_by(2);
    let clears = |command: &&str| command.contains("doctor --fix") || command.starts_with("rm ");
    let remedy = quoted.into_iter().find(clears);
    remedy
        .unwrap_or_else(|| panic!("names no remedy: {said}"))
        .to_owned()
}

/// Does what an answer advised.
fn remedied(world: &World, command: &str) {
    let script = command.replace("laneway ", &format!("{LANEWAY} "));
    let done = answer(
        world.command(&world.path("repo"), "sh", &format!("-c '{script}'")),
        &script,
    );
    assert_eq!(done.exit, Some(0), "{done:?}");
}

#[test]
fn p07_a_lock_that_was_left_stops_nobody_for_long() {
    each(&LEFTOVERS, prepared, |world, (file, content, next)| {
        leave(world, file, *content);
        goes_on(world, *next);
    });
}

/// A call at which git dies.
#[derive(Clone)]
struct Place(Call);

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Call { name, when, rest } = &self.0;
        let rest: String = rest.chars().take(160).collect();
        write!(f, "git killed at {name} {when} ({rest}")
    }
}

impl Place {
    fn kill(&self) -> Injection<'_> {
        Injection {
            follow: false,
            call: &self.0.name,
            what: "signal=KILL",
            when: self.0.when,
        }
    }
}

/// The places at which a git command can die and leave something else than before.
fn places(stage: &Stage, dir: &str, line: &str) -> Vec<Place> {
    stage.reset();
    let calls = stage.world.calls_of_git(dir, line).into_iter();
    let places: Vec<_> = calls.filter(Call::changes).map(Place).collect();
    assert!(places.len() > 5, "{places:?}");
    places
}

#[test]
fn p07_a_git_that_died_while_it_moved_the_ledger_stops_nobody_for_long() {
    if !machine::has("p07_update_ref", NEEDS) {
        return;
    }
    // The ledger stands a commit back, and git brings it up.
    let prepare = || {
        let stage = prepared();
        stage
            .world
            .git("update-ref refs/heads/spare refs/heads/laneway");
        stage
            .world
            .git("update-ref refs/heads/laneway refs/heads/laneway~1");
        // That it was there before is not the question here.
        fs::remove_file(stage.world.path("repo/.git/laneway/laneway/seen")).unwrap();
        stage.again()
    };
    let line = "update-ref refs/heads/laneway refs/heads/spare";
    let places = places(&prepare(), "repo", line);
    each(&places, prepare, |world, place| {
        if world
            .injected_git("repo", &place.kill(), line)
            .exit
            .is_none()
        {
            goes_on(world, ADD);
        }
    });
}

#[test]
fn p07_a_git_that_died_while_it_committed_stops_no_landing_for_long() {
    if !machine::has("p07_commit", NEEDS) {
        return;
    }
    let line = "commit -q --allow-empty -a -m more";
    let places = places(&prepared(), "repo", line);
    let some = sample(&places, machine::rounds(16, places.len()));
    each(&some, prepared, |world, place| {
        // What the commit had reached of the checkout stays as it is; the landing does not wait.
        if world
            .injected_git("repo", &place.kill(), line)
            .exit
            .is_none()
        {
            goes_on(world, MERGE);
        }
    });
}

#[test]
fn p07_a_worktree_whose_git_died_stops_no_other_lane() {
    if !machine::has("p07_other_lane", NEEDS) {
        return;
    }
    let stage = prepared();
    stage.world.git("branch spare main");
    let stage = stage.again();
    let places = places(&stage, "repo", "worktree add --quiet ../repo-spare spare");
    let some = sample(&places, machine::rounds(8, places.len()));
    each(&some, prepared, |world, place| {
        drop(claim_with_dying_git(world, place));
        drop(world.promptly(HANDOFF.0, HANDOFF.1));
    });
}

#[test]
fn p07_a_worktree_whose_git_died_is_made_by_the_same_claim_again() {
    if !machine::has("p07_worktree_add", NEEDS) {
        return;
    }
    let stage = prepared();
    stage.world.git("branch spare main");
    let stage = stage.again();
    let places = places(&stage, "repo", "worktree add --quiet ../repo-spare spare");
    let some = sample(&places, machine::rounds(16, places.len()));
    each(&some, prepared, |world, place| {
        let died = claim_with_dying_git(world, place);
        assert!(matches!(died.exit, Some(0 | 3..=7)), "{died:?}");
        if died.exit != Some(0) {
            succeeds(world, CLAIM);
        }
        let list = world.git("worktree list --porcelain");
        let lane = list
            .split("\n\n")
            .find(|one| one.contains("refs/heads/agent/B-ui"));
        let lane = lane.and_then(|one| one.lines().next()?.rsplit_once('/'));
        let (_, lane) = lane.unwrap_or_else(|| panic!("no worktree of the lane: {list}"));
        assert_eq!(world.git_in(lane, "status --porcelain"), "");
        assert_eq!(world.epochs("repo", "B-1"), ["1"]);
    });
}

/// A claim whose `git worktree add` dies.
fn claim_with_dying_git(world: &World, place: &Place) -> Answer {
    let git = answer(
        world.command(&world.path("repo"), "sh", "-c 'command -v git'"),
        "git",
    );
    let git = git.stdout.trim();
    let dying = format!(
        "#!/bin/sh\ncase \"$*\" in *'worktree add'*) exec {} {git} \"$@\" ;; esac\nexec {git} \"$@\"\n",
        place.kill().wrapper()
    );
    world.write_in("tmp", "bin/git", &dying);
    let shim = world.path("tmp/bin");
    fs::set_permissions(shim.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = world.command(&world.path("repo"), LANEWAY, CLAIM.1);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!("{}:{path}", shim.display()));
    answer(command, CLAIM.1)
}

/// Fails if a command moved or removed a lock that somebody holds, or took for ever; with whether
/// it was done all the same, because it does not need that lock.
fn respected(world: &World, lock: &str, (dir, line): (&str, &str)) -> bool {
    let path = world.path("repo/.git").join(lock);
    let before = fs::metadata(&path).unwrap();
    let ledger = world.git("rev-parse refs/heads/laneway");
    let start = Instant::now();
    let answer = world.ask(dir, line);
    let took = start.elapsed();
    let said = format!("{lock}, after {took:?}: {answer:?}");
    let after = fs::metadata(&path).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(
        (before.ino(), before.mtime_nsec()),
        (after.ino(), after.mtime_nsec()),
        "{said}"
    );
    assert!(took < Duration::from_secs(15), "{said}");
    if answer.exit == Some(0) {
        return true;
    }
    assert_eq!(answer.exit, Some(3), "{said}");
    assert!(took > Duration::from_secs(1), "it did not wait: {said}");
    assert!(answer.stderr.contains(path.to_str().unwrap()), "{said}");
    assert_eq!(world.git("rev-parse refs/heads/laneway"), ledger, "{said}");
    false
}

/// A `git update-ref` that holds the lock of a ref until it is told to give up.
struct Transaction(Child);

impl Transaction {
    fn prepared(world: &World, name: &str) -> Self {
        let mut command = world.command(&world.path("repo"), "git", "update-ref --stdin");
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.as_mut().unwrap();
        write!(input, "start\nupdate {name} refs/heads/main\nprepare\n").unwrap();
        let lock = world.path("repo/.git").join(format!("{name}.lock"));
        wait_for(&lock);
        Self(child)
    }

    fn abort(mut self) {
        self.0.stdin.take().unwrap().write_all(b"abort\n").unwrap();
        assert!(self.0.wait().unwrap().success());
    }
}

fn wait_for(path: &std::path::Path) {
    let start = Instant::now();
    while !path.exists() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "no {}",
            path.display()
        );
        sleep(Duration::from_millis(2));
    }
}

#[test]
fn p07_a_ref_that_a_living_git_holds_is_waited_for_and_left_alone() {
    for (name, next) in [
        ("refs/heads/laneway", ADD),
        ("refs/heads/main", MERGE),
        ("refs/laneway/work/A-2/1", HANDOFF),
    ] {
        let stage = prepared();
        let world = &stage.world;
        let holder = Transaction::prepared(world, name);
        assert!(
            !respected(world, &format!("{name}.lock"), next),
            "{name} moved"
        );
        holder.abort();
        drop(world.promptly(next.0, next.1));
    }
}

#[test]
fn p07_a_lock_that_any_living_program_has_open_is_left_alone() {
    let stage = prepared();
    let world = &stage.world;
    let path = world.path("repo/.git/refs/heads/laneway.lock");
    let held = File::create_new(&path).unwrap();
    assert!(!respected(world, "refs/heads/laneway.lock", ADD));
    drop(held);
    fs::remove_file(path).unwrap();
    drop(world.promptly(ADD.0, ADD.1));
}

#[test]
fn p07_an_index_that_a_commit_in_its_editor_holds_is_left_alone() {
    let stage = prepared();
    let world = &stage.world;
    world.write("README", "changed\n");
    let line = "-c core.editor='sleep 20 #' commit -q -a -e -m more";
    let mut git = world.command(&world.path("repo"), "git", line);
    let mut git = git.stderr(Stdio::null()).spawn().unwrap();
    wait_for(&world.path("repo/.git/index.lock"));
    sleep(Duration::from_millis(200));
    assert!(!respected(world, "index.lock", MERGE));
    git.kill().unwrap();
    drop(git.wait());
}

#[test]
fn p07_locks_of_a_stopped_git_are_left_alone() {
    if !machine::has("p07_stopped", NEEDS) {
        return;
    }
    for (line, lock, next) in [
        ("pack-refs --all", "packed-refs.lock", MERGE),
        ("symbolic-ref HEAD refs/heads/main", "HEAD.lock", MERGE),
    ] {
        let stage = prepared();
        let world = &stage.world;
        let calls = world.calls_of_git("repo", line).into_iter();
        stage.reset();
        let mut takes = calls.filter(|call| call.name == "openat" && call.rest.contains(lock));
        // The signal stops it once the call is done.
        let at = Injection {
            follow: false,
            call: "openat",
            what: "signal=STOP",
            when: takes.next().unwrap().when,
        };
        let all = format!("{} git {line}", at.wrapper());
        let (program, rest) = all.split_once(' ').unwrap();
        // The group goes with its leader: strace killed alone would leave a stopped git behind.
        let git = Group::start(world.command(&world.path("repo"), program, rest));
        wait_for(&world.path("repo/.git").join(lock));
        sleep(Duration::from_millis(300));
        respected(world, lock, next);
        drop(git);
    }
}
