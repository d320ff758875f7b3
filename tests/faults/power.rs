//! P4: what was acknowledged survives a power cut, and a power cut never leaves a broken ledger.
//!
//! The repository lies in an image that is mounted. The power is cut by copying the image: what the
//! kernel has not written into it yet is lost. Mounting the copy is the reboot. A writer that never
//! flushes shows in the same test that the method does lose things.

use std::fs;

use crate::machine::{self, Need};
use crate::stage::{Seed, shell};
use crate::strace::{Call, Injection, NEEDS};
use crate::support::World;

const NEEDED: &[Need] = &[Need::Program("mkfs.ext4"), Need::LoopMounts];
const REPO: &str = "disk/repo";
const CONTROL: &str = "disk/control";
const REBOOTED: &str = "cut/repo";

/// A repository on a disk whose power can be cut.
struct Machine {
    world: World,
}

impl Drop for Machine {
    fn drop(&mut self) {
        for name in ["cut", "disk"] {
            let place = self.world.path(name);
            shell(&format!("umount -l {} 2>/dev/null || :", place.display()));
        }
    }
}

impl Machine {
    /// With `tasks` tasks `T-1`, `T-2`, … and this durability.
    fn new(durability: &str, tasks: usize) -> Self {
        let world = World::new();
        let place = |name: &str| world.path(name).display().to_string();
        let (image, disk, cut) = (place("image"), place("disk"), place("cut"));
        shell(&format!(
            "truncate -s 48M {image} && mkfs.ext4 -q {image} && mkdir {disk} {cut} \
             && mount -o loop {image} {disk} && mkdir {disk}/repo {disk}/control"
        ));
        let machine = Self { world };
        let world = &machine.world;
        for dir in [REPO, CONTROL] {
            world.git_in(dir, "init -q");
            world.write_in(dir, "README", "hello\n");
            world.git_in(dir, "add .");
            world.git_in(dir, "commit -q -m first");
        }
        drop(world.ask(REPO, "init --role R:99").code(0));
        let policy = fs::read_to_string(world.path(REPO).join("governance/policy.yaml")).unwrap();
        let policy = format!("{policy}durability: {durability}\n");
        world.write_in(REPO, "governance/policy.yaml", &policy);
        world.git_in(REPO, "commit -q -a -m policy");
        let mut text = "version: 1\ntasks:\n".to_owned();
        for n in 1..=tasks {
            text.push_str(&format!("  - {{id: T-{n}, title: Task, role: R}}\n"));
        }
        world.write_in("tmp", "tasks.yaml", &text);
        let add = "add --file ../../tmp/tasks.yaml --as @dana";
        drop(world.ask(REPO, add).code(0));
        machine.sync();
        machine
    }

    /// Writes everything to the disk.
    fn sync(&self) {
        shell(&format!("sync -f {}", self.world.path("disk").display()));
    }

    /// Lets another program flush a file of its own: the disk's journal goes out with it, the
    /// content of other files does not.
    fn let_others_flush(&self) {
        let file = self.world.path("disk/other");
        shell(&format!("echo x >>{0} && sync {0}", file.display()));
    }

    /// Cuts the power and boots again: [`REBOOTED`] is what is left.
    fn cut(&self) {
        let place = |name: &str| self.world.path(name).display().to_string();
        let (image, copy, cut) = (place("image"), place("image2"), place("cut"));
        shell(&format!(
            "! mountpoint -q {cut} || umount {cut}; cp --sparse=always {image} {copy} \
             && mount -o loop {copy} {cut}"
        ));
    }

    fn tip(&self, dir: &str) -> String {
        let tip = self.world.git_in(dir, "rev-parse refs/heads/laneway");
        tip.trim().to_owned()
    }

    /// Whether the machine came up with the new ledger; it must be valid, old or new.
    fn came_up(&self, old: &str, new: &str) -> bool {
        self.world.is_sound(REBOOTED);
        let tip = self.tip(REBOOTED);
        assert!(tip == old || tip == new, "neither old nor new: {tip}");
        tip == new
    }
}

#[test]
fn p04_an_acknowledged_claim_survives_a_power_cut() {
    if !machine::has("p04_full", NEEDED) {
        return;
    }
    let cuts = machine::rounds(20, 500);
    let machine = Machine::new("full", cuts);
    let mut control = 0;
    for n in 1..=cuts {
        let old = machine.tip(REPO);
        let claim = format!("claim T-{n} --no-worktree --as @bot");
        drop(machine.world.ask(REPO, &claim).code(0));
        let new = machine.tip(REPO);
        // The control: a ref elsewhere on the disk that git moves and does not flush.
        let moved = machine
            .world
            .git_in(CONTROL, "commit-tree -m next HEAD^{tree} -p HEAD");
        let unflushed = format!("-c core.fsync=none update-ref refs/heads/main {moved}");
        machine.world.git_in(CONTROL, unflushed.trim());
        machine.cut();
        assert!(machine.came_up(&old, &new), "claim {n} is lost");
        let ledger = machine.world.ledger(REBOOTED);
        assert_eq!(
            ledger.last().map(|entry| entry.task.clone()),
            Some(format!("T-{n}"))
        );
        let main = machine.world.path("cut/control/.git/refs/heads/main");
        let kept = fs::read_to_string(main).is_ok_and(|text| text == moved);
        control += usize::from(!kept);
    }
    assert!(
        control * 10 >= cuts * 8,
        "the method lost {control} of {cuts} unflushed refs only"
    );
}

#[test]
fn p04_a_fast_ledger_may_lose_claims_and_stays_valid() {
    if !machine::has("p04_fast", NEEDED) {
        return;
    }
    let cuts = machine::rounds(20, 500);
    let machine = Machine::new("fast", cuts);
    let mut lost = 0;
    for n in 1..=cuts {
        let old = machine.tip(REPO);
        let claim = format!("claim T-{n} --no-worktree --as @bot");
        drop(machine.world.ask(REPO, &claim).code(0));
        let new = machine.tip(REPO);
        if n % 2 == 0 {
            machine.let_others_flush();
        }
        machine.cut();
        lost += usize::from(!machine.came_up(&old, &new));
        machine.sync();
    }
    assert!(
        lost > 0,
        "a fast claim is not flushed: the method loses some"
    );
}

#[test]
fn p04_a_cut_amid_a_claim_leaves_a_valid_ledger() {
    if !machine::has("p04_amid", &[NEEDED, NEEDS].concat()) {
        return;
    }
    let steps = ["openat", "write", "fsync", "mkdir", "renameat"];
    let tries = machine::rounds(16, 400);
    let machine = Machine::new("full", tries);
    let world = &machine.world;
    let claim = |n: usize| format!("claim T-{n} --no-worktree --as @bot");
    let calls = world.calls(REPO, &steps.join(","), &format!("{} --dry-run", claim(1)));
    let before = |name: &str| calls.iter().filter(|call| call.name == name).count();
    let mut seed = Seed::new();
    for n in 1..=tries {
        machine.sync();
        let old = machine.tip(REPO);
        let step = steps[seed.below(steps.len())];
        let at = Injection {
            follow: false,
            call: step,
            what: "signal=KILL",
            when: before(step) / 2 + 1 + seed.below(12),
        };
        let died = world.injected(REPO, &at, &claim(n));
        let new = machine.tip(REPO);
        machine.let_others_flush();
        machine.cut();
        let survived = machine.came_up(&old, &new);
        assert!(
            survived || died.exit.is_none(),
            "{at:?}: acknowledged and lost"
        );
        // The lock that the dead process left here is not this test's matter.
        shell(&format!(
            "rm -f {}/.git/refs/heads/*.lock",
            world.path(REPO).display()
        ));
    }
}

#[test]
fn p04_objects_and_ref_are_flushed_before_the_claim_is_acknowledged() {
    if !machine::has("p04_order", NEEDS) {
        return;
    }
    let world = World::governed();
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    let old = world.git("rev-parse refs/heads/laneway");
    let traced = "openat,write,rename,renameat,renameat2,link,linkat,fsync,fdatasync";
    let claim = "claim A-1 --no-worktree --as @bot";
    let calls = world.calls_of_all("repo", traced, claim);
    let new = world.git("rev-parse refs/heads/laneway");
    let range = format!(
        "rev-list --objects --no-object-names {} ^{}",
        new.trim(),
        old.trim()
    );
    let objects = world.git(&range);
    let order = Order { calls: &calls };
    let moved = order.last("rename", &["refs/heads/laneway.lock\""]);
    let acknowledged = calls.iter().position(Call::is_answer).unwrap();
    assert!(objects.lines().count() >= 4, "{objects}");
    for object in objects.lines() {
        let (fan, name) = object.split_at(2);
        let file = format!("objects/{fan}/{name}");
        let named = order.last("rename", &[&file]);
        // Under its temporary name or its own.
        let flushed = order.first("fsync", &[&format!("{file}>")]);
        let listed = order.last("fsync", &[&format!("objects/{fan}>")]);
        assert!(
            named < listed && flushed < moved && listed < moved,
            "{file}\n{calls:#?}"
        );
    }
    let lock = order.last("fsync", &["refs/heads/laneway.lock>"]);
    let directory = order.last("fsync", &["refs/heads>"]);
    assert!(lock < moved, "the ref's content comes before its name");
    assert!(moved < directory && directory < acknowledged, "{calls:#?}");
}

/// Calls in the order in which they began.
struct Order<'a> {
    calls: &'a [Call],
}

impl Order<'_> {
    fn places(&self, name: &str, about: &[&str]) -> Vec<usize> {
        let calls = self.calls.iter().enumerate();
        let named = calls.filter(|(_, call)| call.name.starts_with(name));
        let found = named.filter(|(_, call)| about.iter().all(|text| call.rest.contains(text)));
        found.map(|(at, _)| at).collect()
    }

    #[track_caller]
    fn first(&self, name: &str, about: &[&str]) -> usize {
        let places = self.places(name, about);
        *places
            .first()
            .unwrap_or_else(|| panic!("no {name} of {about:?}: {:#?}", self.calls))
    }

    #[track_caller]
    fn last(&self, name: &str, about: &[&str]) -> usize {
        let places = self.places(name, about);
        *places
            .last()
            .unwrap_or_else(|| panic!("no {name} of {about:?}: {:#?}", self.calls))
    }
}
