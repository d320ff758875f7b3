//! P30: a disk that is full, broken, or not to be written: the old state stays, and the answer says
//! which path or ref it was.

use std::fs;

use crate::machine::{self, Need};
use crate::stage::{Stage, each, sample, shell};
use crate::strace::{CALLS, Call, Injection, LANEWAY, NEEDS, answer};
use crate::support::{Answer, World};

const LANE: &str = "repo-A-backend";
const ADD: &str = "add A-1 --title One --role A-backend --as @dana";
const CLAIM: &str = "claim A-1 --as @bot";
/// Exit codes of a command that was not carried out, through no fault of its caller's.
const NO: [i32; 5] = [3, 4, 5, 6, 7];

/// An answer that the kernel gives at one call.
#[derive(Clone)]
struct Fault {
    call: Call,
    error: &'static str,
}

impl std::fmt::Debug for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Call { name, when, rest } = &self.call;
        let rest: String = rest.chars().take(160).collect();
        write!(f, "{} at {name} {when} ({rest}", self.error)
    }
}

/// The calls of a command that this error can answer.
fn faults(stage: &Stage, line: &str, error: &'static str) -> Vec<Fault> {
    let calls = stage.world.calls("repo", CALLS, line);
    stage.reset();
    let fits = |call: &Call| match error {
        "ENOSPC" => !matches!(
            call.name.as_str(),
            "unlink" | "unlinkat" | "rmdir" | "flock" | "close"
        ),
        _ => matches!(
            call.name.as_str(),
            "fsync" | "fdatasync" | "write" | "pwrite64"
        ),
    };
    calls
        .into_iter()
        .filter(|call| call.changes() && fits(call))
        .map(|call| Fault { call, error })
        .collect()
}

fn unplanned() -> Stage {
    Stage::of(World::governed())
}

fn to_claim() -> Stage {
    let world = World::governed();
    world.quietly(ADD);
    Stage::of(world)
}

/// Fails unless an answer of no is a clear one: an exit code of its own, and a path or a ref.
#[track_caller]
fn clearly_no(world: &World, no: &Answer) {
    let said = format!("$ {}: {no:?}", no.line);
    assert!(no.exit.is_some_and(|code| NO.contains(&code)), "{said}");
    assert!(no.stdout.is_empty(), "acknowledged: {said}");
    let root = world.path("").display().to_string();
    let named = no.stderr.contains(root.trim_end_matches('/')) || no.stderr.contains("refs/heads/");
    assert!(named, "names no path and no ref: {said}");
    assert!(!no.stderr.contains("panicked"), "{said}");
}

/// One fault: the command succeeds in spite of it, or says no and has changed nothing that is not
/// valid; once the disk is well again it succeeds.
fn stands(world: &World, fault: &Fault, line: &str, done: impl Fn(&World) -> bool) {
    let at = Injection {
        follow: false,
        call: &fault.call.name,
        what: &format!("error={}", fault.error),
        when: fault.call.when,
    };
    let answer = world.injected("repo", &at, line);
    world.is_sound("repo");
    if answer.exit == Some(0) {
        assert!(done(world), "acknowledged and not done: {answer:?}");
        return;
    }
    if fault.call.is_answer() {
        assert_eq!(answer.exit, Some(7), "{answer:?}");
    } else {
        clearly_no(world, &answer);
    }
    drop(world.promptly("repo", line));
    assert!(done(world));
    world.is_sound("repo");
}

fn added_once(world: &World) -> bool {
    world
        .ledger("repo")
        .iter()
        .filter(|entry| entry.op == "add")
        .count()
        == 1
}

fn claimed_once(world: &World) -> bool {
    world.epochs("repo", "A-1") == ["1"] && world.path(LANE).join("README").exists()
}

#[test]
fn p30_an_add_that_meets_a_full_or_broken_disk_anywhere_changes_nothing_by_halves() {
    if !machine::has("p30_add", NEEDS) {
        return;
    }
    let stage = unplanned();
    let mut all = faults(&stage, ADD, "ENOSPC");
    all.extend(faults(&stage, ADD, "EIO"));
    let some = sample(&all, machine::rounds(40, all.len()));
    each(&some, unplanned, |world, fault| {
        stands(world, fault, ADD, added_once)
    });
}

#[test]
fn p30_a_claim_that_meets_a_full_or_broken_disk_anywhere_is_made_once() {
    if !machine::has("p30_claim", NEEDS) {
        return;
    }
    let stage = to_claim();
    let mut all = faults(&stage, CLAIM, "ENOSPC");
    all.extend(faults(&stage, CLAIM, "EIO"));
    let some = sample(&all, machine::rounds(40, all.len()));
    each(&some, to_claim, |world, fault| {
        stands(world, fault, CLAIM, claimed_once)
    });
}

/// A small disk in memory, with a governed repository.
struct Small {
    world: World,
}

impl Small {
    fn new(kib: usize) -> Self {
        let world = World::new();
        let disk = world.path("disk").display().to_string();
        shell(&format!(
            "mkdir {disk} && mount -t tmpfs -o size={kib}k laneway {disk} && mkdir {disk}/repo"
        ));
        world.git_in("disk/repo", "init -q");
        world.write_in("disk/repo", "README", "hello\n");
        world.git_in("disk/repo", "add .");
        world.git_in("disk/repo", "commit -q -m first");
        drop(world.ask("disk/repo", "init --role A-backend:2").code(0));
        Self { world }
    }

    /// Fills the disk but for some pages.
    fn fill(&self, pages: usize) {
        let disk = self.world.path("disk").display().to_string();
        shell(&format!(
            "dd if=/dev/zero of={disk}/filler bs=4k status=none 2>/dev/null; \
             truncate -s -{}k {disk}/filler",
            pages * 4
        ));
    }

    fn empty(&self) {
        fs::remove_file(self.world.path("disk/filler")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        shell(&format!(
            "umount -l {} || :",
            self.world.path("disk").display()
        ));
    }
}

#[test]
fn p30_on_a_full_disk_nothing_is_acknowledged_and_the_old_ledger_stays() {
    if !machine::has("p30_full", &[Need::Mounts]) {
        return;
    }
    let small = Small::new(2048);
    let world = &small.world;
    let mut refused = 0;
    for pages in 0..machine::rounds(20, 40) {
        let line = format!("add T-{pages} --title Task --role A-backend --as @dana");
        let old = world.git_in("disk/repo", "rev-parse refs/heads/laneway");
        small.fill(pages);
        let answer = world.ask("disk/repo", &line);
        let new = world.git_in("disk/repo", "rev-parse refs/heads/laneway");
        if answer.exit == Some(0) {
            assert_ne!(new, old, "{pages} pages: {answer:?}");
            small.empty();
            continue;
        }
        refused += 1;
        assert_eq!(new, old, "{pages} pages: {answer:?}");
        clearly_no(world, &answer);
        small.empty();
        world.is_sound("disk/repo");
        drop(world.promptly("disk/repo", &line));
    }
    assert!(refused > 2, "the disk was never full");
}

#[test]
fn p30_on_a_read_only_disk_nothing_changes_and_reading_goes_on() {
    if !machine::has("p30_read_only", &[Need::Mounts]) {
        return;
    }
    let small = Small::new(4096);
    let world = &small.world;
    drop(world.ask("disk/repo", ADD).code(0));
    let disk = world.path("disk").display().to_string();
    let old = world.git_in("disk/repo", "rev-parse refs/heads/laneway");
    shell(&format!("mount -o remount,ro {disk}"));
    let lines = [
        "claim A-1 --as @bot",
        "add B-1 --title Two --role A-backend --as @dana",
        "note A-1 hello --as @bot",
        "cancel A-1 --reason no --as @dana",
    ];
    for line in lines {
        let no = world.ask("disk/repo", line);
        clearly_no(world, &no);
        assert_eq!(no.exit, Some(7), "{no:?}");
    }
    for line in [
        "list",
        "show A-1",
        "ready",
        "status",
        "validate",
        "audit verify",
        "log",
    ] {
        drop(world.ask("disk/repo", line).code(0));
    }
    shell(&format!("mount -o remount,rw {disk}"));
    assert_eq!(
        world.git_in("disk/repo", "rev-parse refs/heads/laneway"),
        old
    );
    drop(world.promptly("disk/repo", lines[0]));
}

/// Runs laneway as a user without rights of its own: a copy, since the build may lie where others
/// do not come.
fn as_nobody(world: &World, line: &str) -> Answer {
    let copy = world.path("laneway").display().to_string();
    let all = format!("--reuid=65534 --regid=65534 --clear-groups {copy} {line}");
    answer(world.command(&world.path("repo"), "setpriv", &all), &all)
}

#[test]
fn p30_where_it_may_not_write_it_names_the_place_and_changes_nothing() {
    if !machine::has("p30_permission", &[Need::Program("setpriv")]) {
        return;
    }
    let world = World::governed();
    world.quietly(ADD);
    let root = world.path("").display().to_string();
    fs::copy(LANEWAY, world.path("laneway")).unwrap();
    let probe = "mkdir -p {root}/probe && chown -R 65534:65534 {root}";
    shell(&probe.replace("{root}", &root));
    drop(as_nobody(&world, "list").code(0));
    for place in ["objects", "refs/heads", "laneway/laneway"] {
        let place = format!("{root}/repo/.git/{place}");
        shell(&format!("chown -R root {place} && chmod -R go-w {place}"));
        let old = world.git_in("repo", "-c safe.directory=* rev-parse refs/heads/laneway");
        let no = as_nobody(&world, CLAIM);
        clearly_no(&world, &no);
        assert_eq!(no.exit, Some(7), "{place}: {no:?}");
        assert!(
            no.stderr.to_lowercase().contains("denied"),
            "{place}: {no:?}"
        );
        drop(as_nobody(&world, "show A-1").code(0));
        shell(&format!("chown -R 65534 {place} && chmod -R u+w {place}"));
        let new = world.git_in("repo", "-c safe.directory=* rev-parse refs/heads/laneway");
        assert_eq!(new, old, "{place}");
    }
    drop(as_nobody(&world, CLAIM).code(0));
}

#[test]
fn p30_an_answer_that_cannot_be_written_is_no_success() {
    let stage = to_claim();
    let full = || {
        fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    for line in ["list", "--json list", CLAIM] {
        let mut command = stage
            .world
            .command(&stage.world.path("repo"), LANEWAY, line);
        let output = command.stdout(full()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(7), "$ {line}: {said}");
        assert!(said.contains("could not be written"), "$ {line}: {said}");
    }
    // The caller was told nothing, so the same claim goes on.
    drop(stage.world.promptly("repo", CLAIM));
    assert!(claimed_once(&stage.world));
}
