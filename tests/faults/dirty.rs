//! P15: what a person changed and did not commit is refused or carried over, never dropped.

use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine;
use crate::stage::{Stage, each};
use crate::strace::{Injection, LANEWAY, NEEDS};
use crate::support::World;

const LANE: &str = "repo-A-backend";
const QUEUE: &str = "governance/queue.yaml";
const POLICY: &str = "governance/policy.yaml";
/// What the person wrote.
const BY_HAND: &str = "# by hand: keep this\n";

/// How a person left a governance file.
#[derive(Debug, Clone, Copy)]
enum Dirt {
    Edited(&'static str),
    Staged(&'static str),
    StagedAndEdited(&'static str),
    Deleted(&'static str),
    Broken(&'static str),
    Untracked(&'static str),
}

const DIRT: [Dirt; 9] = [
    Dirt::Edited(QUEUE),
    Dirt::Edited(POLICY),
    Dirt::Staged(QUEUE),
    Dirt::Staged(POLICY),
    Dirt::StagedAndEdited(QUEUE),
    Dirt::Deleted(QUEUE),
    Dirt::Broken(QUEUE),
    Dirt::Broken("governance/workstations.yaml"),
    Dirt::Untracked("governance/queue/more.yaml"),
];

/// Commands that change something; whether they write into the plan of the working tree.
const COMMANDS: [(&str, bool); 6] = [
    ("add Q-2 --title Two --role B-ui --plan --as @dana", true),
    ("edit Q-1 --title Changed --plan --as @dana", true),
    ("add L-1 --title Ledger --role B-ui --as @dana", false),
    ("init --role C-more", false),
    ("claim B-1 --as @bot", false),
    ("merge A-1 --as @bot", false),
];

impl Dirt {
    fn file(self) -> &'static str {
        match self {
            Self::Edited(file)
            | Self::Staged(file)
            | Self::StagedAndEdited(file)
            | Self::Deleted(file)
            | Self::Broken(file)
            | Self::Untracked(file) => file,
        }
    }

    fn make(self, world: &World) {
        let file = self.file();
        let path = world.path("repo").join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let edited = format!("{BY_HAND}{text}");
        match self {
            Self::Edited(_) => world.write(file, &edited),
            Self::Deleted(_) => fs::remove_file(path).unwrap(),
            Self::Broken(_) => world.write(file, &format!("{text}{BY_HAND}<<<<<<< ours\n")),
            Self::Untracked(_) => world.write(file, &format!("{BY_HAND}version: 1\ntasks: []\n")),
            Self::Staged(_) | Self::StagedAndEdited(_) => {
                world.write(file, &edited);
                world.git("add -A");
                if let Self::StagedAndEdited(_) = self {
                    world.write(file, &format!("{edited}# and more\n"));
                }
            }
        }
    }
}

/// A governed world with planned work, a task to claim and one to land.
fn prepared() -> Stage {
    let world = World::governed();
    world.quietly("add Q-1 --title One --role B-ui --plan --as @dana");
    world.git("commit -q -a -m plan");
    world.quietly("add B-1 --title Other --role B-ui --as @dana");
    world.submit("A-1", "--role A-backend", LANE, "a.txt", "a\n");
    Stage::of(world)
}

/// The governance files of the checkout, as they are on disk.
fn files(world: &World) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut dirs = vec![world.path("repo/governance")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

fn nothing_by_hand_is_lost(world: &World, (dirt, (line, plans)): (Dirt, (&str, bool))) {
    dirt.make(world);
    let committed = world.git("rev-parse main:governance");
    let staged = world.git("ls-files -s governance");
    let before = files(world);
    let answer = world.ask("repo", line);
    let said = format!("$ {line}: {answer:?}");
    assert_ne!(answer.exit, Some(101), "{said}");
    assert_eq!(
        world.git("rev-parse main:governance"),
        committed,
        "committed: {said}"
    );
    assert_eq!(world.git("ls-files -s governance"), staged, "index: {said}");
    let after = files(world);
    if !plans || answer.exit != Some(0) {
        assert_eq!(after, before, "{said}");
        return;
    }
    let queue = world.path("repo").join(QUEUE);
    for ((path, old), (_, new)) in before.iter().zip(&after) {
        // Every line of the person's stays, but the one that the command was told to change.
        let kept = |line: &&str| new.lines().any(|other| other == *line) || line.contains("One");
        let lost: Vec<_> = old.lines().filter(|line| !kept(line)).collect();
        assert!(lost.is_empty(), "{lost:?} of {}: {said}", path.display());
        assert!(*path == queue || old == new, "{said}");
    }
    assert_eq!(before.len(), after.len(), "{said}");
}

#[test]
fn p15_an_uncommitted_edit_survives_every_mutating_command() {
    let cases: Vec<_> = DIRT
        .iter()
        .flat_map(|dirt| COMMANDS.map(|command| (*dirt, command)))
        .collect();
    each(&cases, prepared, |world, case| {
        nothing_by_hand_is_lost(world, *case)
    });
}

#[test]
fn p15_the_first_init_keeps_files_that_a_person_wrote_before() {
    let world = World::new();
    world.write(POLICY, BY_HAND);
    world.write("staged.txt", "staged\n");
    world.git("add staged.txt");
    let answer = world.ask("repo", "init --role A");
    let policy = fs::read_to_string(world.path("repo").join(POLICY)).unwrap();
    assert_eq!(policy, BY_HAND, "{answer:?}");
    assert_eq!(
        world.git("diff --cached --name-only"),
        "staged.txt\n",
        "{answer:?}"
    );
}

#[test]
fn p15_a_landing_stops_before_what_a_person_has_in_its_way() {
    for world in World::both() {
        world.submit("A-1", "--role A-backend", LANE, "a.txt", "a\n");
        world.write("a.txt", "mine\n");
        let old = world.git("rev-parse HEAD");
        let merge = world.ask("repo", "merge A-1 --as @bot");
        let text = fs::read_to_string(world.path("repo/a.txt")).unwrap();
        assert_eq!(text, "mine\n", "{merge:?}");
        let said = format!("{}{}", merge.stdout, merge.stderr);
        assert!(said.contains("a.txt"), "{said}");
        // Local: refused. Remote: it landed there, and the checkout stays behind with a note.
        let expected = if world.is_remote() { 0 } else { 4 };
        assert_eq!(merge.exit, Some(expected), "{said}");
        assert_eq!(world.git("rev-parse HEAD"), old, "{said}");
    }
}

#[test]
fn p15_an_edit_that_is_saved_while_the_tool_writes_is_not_lost() {
    if !machine::has("p15_race", NEEDS) {
        return;
    }
    let stage = prepared();
    let world = &stage.world;
    let queue = world.path("repo").join(QUEUE);
    let line = COMMANDS[0].0;
    let calls = world.calls("repo", "openat,rename,renameat,renameat2", line);
    let write = calls.iter().rfind(|call| {
        call.name.starts_with("rename") && call.rest.contains("repo/governance/queue.yaml")
    });
    let write = write.unwrap_or_else(|| panic!("{calls:#?}")).clone();
    stage.reset();
    let old = fs::read_to_string(&queue).unwrap();
    let saved = format!("{BY_HAND}{old}");
    let at = Injection {
        follow: false,
        call: &write.name,
        what: "delay_enter=2s",
        when: write.when,
    };
    let under = format!("{} {LANEWAY} {line}", at.wrapper());
    let (program, rest) = under.split_once(' ').unwrap();
    let mut tool = world
        .command(&world.path("repo"), program, rest)
        .spawn()
        .unwrap();
    // It has written its version beside the file, and is about to put it in place.
    let beside = || fs::read_dir(world.path("repo/governance")).unwrap().count() > 4;
    let start = Instant::now();
    while !beside() && start.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(2));
    }
    sleep(Duration::from_millis(200));
    assert_eq!(fs::read_to_string(&queue).unwrap(), old, "not that far yet");
    fs::write(&queue, &saved).unwrap();
    let exit = tool.wait().unwrap();
    let text = fs::read_to_string(&queue).unwrap();
    assert!(text.contains(BY_HAND), "{exit:?}\n{text}");
}
