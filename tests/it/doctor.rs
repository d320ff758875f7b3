//! `doctor`: each ailment is made for real, found, repaired, and gone; nothing is lost (P7).

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

use crate::support::World;

const A: &str = "repo-A-backend";
/// No process has this id.
const NOBODY: u32 = 4_194_305;

/// Whether this kernel shows all of its processes here; if not, no lock is ever cleared.
fn sees_all(test: &str) -> bool {
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let all = namespace.as_os_str() == "pid:[4026531836]";
    if !all {
        let notice =
            format!("\nNOTICE: {test} skipped: processes outside of this container are hidden\n");
        drop(std::io::stderr().write_all(notice.as_bytes()));
    }
    all
}

/// Sets the time of a file three and a half hours back.
fn age(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(12_600))
        .unwrap();
}

impl World {
    fn leave(&self, file: &str, text: &str) {
        self.write_in("repo/.git", file, text);
        age(&self.path("repo/.git").join(file));
    }
}

/// A git program that has a file open until it is killed.
struct Holder(Child);

impl Holder {
    fn of(world: &World, file: &str) -> Self {
        let shell = world.path("git-holder");
        fs::copy("/bin/sh", &shell).unwrap();
        let mut command = Command::new(&shell);
        let script = format!("exec 3>>{file}; : > open; kill -STOP $$");
        command
            .args(["-c", &script])
            .current_dir(world.path("repo/.git"));
        let child = command.spawn().unwrap();
        while !world.path("repo/.git/open").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn p07_locks_that_nobody_holds_are_found_and_removed() {
    if !sees_all("p07_locks_that_nobody_holds_are_found_and_removed") {
        return;
    }
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    for lock in [
        "HEAD.lock",
        "config.lock",
        "index.lock",
        "packed-refs.lock",
        "refs/heads/agent/A-backend.lock",
        "refs/heads/laneway.lock",
        "shallow.lock",
        "worktrees/repo-A-backend/HEAD.lock",
        "worktrees/repo-A-backend/index.lock",
    ] {
        world.leave(lock, "");
    }
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix --dry-run").code(1));
    assert!(world.path("repo/.git/HEAD.lock").exists());
    drop(world.laneway("doctor --fix").code(0));
    drop(world.laneway("doctor").code(0));
    drop(world.laneway("--json doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p07_the_next_command_clears_a_stale_lock_in_its_way() {
    if !sees_all("p07_the_next_command_clears_a_stale_lock_in_its_way") {
        return;
    }
    let world = World::planned();
    let began = std::time::Instant::now();
    world.leave("refs/heads/laneway.lock", "");
    drop(world.laneway("claim A-1 --as @bot").code(0));
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    world.commit(A, "a.txt", "a\n");
    world.leave("refs/heads/laneway.lock", "");
    world.leave("packed-refs.lock", "");
    drop(world.laneway_in(A, "--json handoff --next more").code(0));
    world.leave("index.lock", "");
    world.leave("refs/heads/main.lock", "");
    drop(world.laneway("merge A-1 --trust --as @bot").code(0));
    assert_eq!(world.git("status --porcelain"), "");
    world.leave("worktrees/repo-A-backend/index.lock", "");
    world.quietly("add A-3 --title More --role A-backend --as @dana --priority 1");
    world.git("commit -q --allow-empty -m more");
    drop(world.laneway_in(A, "lane sync").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p07_a_lock_with_a_living_holder_is_never_removed_and_its_holder_is_named() {
    if !sees_all("p07_a_lock_with_a_living_holder_is_never_removed_and_its_holder_is_named") {
        return;
    }
    let world = World::planned();
    let holder = Holder::of(&world, "refs/heads/laneway.lock");
    let pid = holder.0.id();
    let remedy = format!("once pid {pid} has ended: `laneway doctor --fix`");
    let who = format!(
        "may be held by pid {pid} (`{}",
        world.path("git-holder").display()
    );
    let refused = world.laneway("claim A-1 --as @bot").code(3);
    drop(
        refused
            .says(&who)
            .says("which has it open, stopped")
            .says(&remedy),
    );
    drop(
        world
            .laneway("doctor --fix")
            .code(1)
            .says(&who)
            .says(&remedy),
    );
    assert!(world.path("repo/.git/refs/heads/laneway.lock").exists());
    drop(holder);
    drop(world.laneway("doctor --fix").code(0).says("fixed"));
    drop(world.laneway("claim A-1 --as @bot").code(0));
}

#[test]
fn landings_that_were_cut_short_are_dropped_or_recorded() {
    let world = World::governed();
    let add = "--role A-backend --check 'test -f a.txt'";
    let commit = world.submit("A-1", add, A, "a.txt", "a\n");
    // The slot of a merger that died.
    world.dying("repo", "slot", "merge A-1 --trust --as @bot");
    drop(world.laneway("doctor").code(0));
    world.at("2026-11-20T10:05:00Z");
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix").code(1));
    drop(world.laneway("doctor --fix --as @bot").code(0));
    assert_eq!(world.last_op("A-1"), "drop-landing");
    // The target has it, the ledger does not say so.
    world.dying("repo", "gated", "merge A-1 --trust --as @bot");
    world.git(&format!("merge -q --ff-only {commit}"));
    drop(world.laneway("doctor --fix --as @bot").code(0));
    assert_eq!(world.last_op("A-1"), "land");
    drop(world.laneway("doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn a_landing_that_never_reached_the_target_is_finished_or_undone() {
    let world = World::governed();
    let commit = world.submit("A-1", "--role A-backend", A, "a.txt", "a\n");
    drop(world.laneway("merge A-1 --as @bot").code(0));
    world.git("reset -q --hard HEAD~1");
    drop(world.laneway("doctor --fix --as @bot").code(0));
    assert_eq!(world.target(), commit);
    assert_eq!(world.git("status --porcelain"), "");
    world.git("reset -q --hard HEAD~1");
    world.git("commit -q --allow-empty -m other");
    drop(world.laneway("doctor --fix --as @bot").code(0));
    assert_eq!(world.last_op("A-1"), "unland");
    drop(world.laneway("doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn what_dead_processes_left_is_settled() {
    let world = World::governed();
    let add = "--role A-backend --check 'test -f a.txt'";
    world.submit("A-1", add, A, "a.txt", "a\n");
    world.dying("repo", "landed", "merge A-1 --trust --as @bot");
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix").code(0));
    assert_eq!(world.git("status --porcelain"), "");
    assert!(world.path("repo/a.txt").exists());
    world.dying(
        "repo",
        "built",
        "add B-1 --title Work --role B-ui --as @dana",
    );
    world.git(&format!(
        "worktree add -q --detach .git/laneway/tmp/laneway-check-{NOBODY}-x"
    ));
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix").code(0));
    drop(world.laneway("doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn p07_the_next_verb_settles_the_checkout_that_a_dead_merge_locked() {
    for next in ["note A-1 next --as @dana", "claim B-1 --as @carl"] {
        let world = World::planned();
        world.submit("A-9", "--role A-backend", A, "a.txt", "a\n");
        world.dying("repo", "landed", "merge A-9 --as @bot");
        let lock = world.path("repo/.git/index.lock");
        assert!(lock.exists() && !world.path("repo/a.txt").exists());
        // What only looks, or rehearses, changes nothing.
        for looks in ["list", "status", "note A-1 next --dry-run --as @dana"] {
            world.quietly(looks);
            assert!(lock.exists(), "{looks}");
        }
        let answer = world.laneway(next).code(0);
        drop(answer.says("was locked by a merge that died: it has followed its branch"));
        assert!(!lock.exists());
        assert_eq!(world.git("status --porcelain"), "");
        assert!(world.path("repo/a.txt").exists());
        drop(world.laneway("doctor").code(0));
    }
}

#[test]
fn a_claim_whose_process_died_is_told_and_one_that_never_was_is_forgotten() {
    let world = World::planned();
    world.dying("repo", "published", "claim A-1 --as @bot");
    // Ids sort by time.
    world.at("2026-11-20T09:01:00Z");
    world.dying("repo", "built", "claim B-1 --as @carl");
    drop(world.laneway("doctor --fix").code(1));
    for entry in fs::read_dir(world.path("repo/.git/laneway/laneway/claims")).unwrap() {
        age(&entry.unwrap().path());
    }
    drop(world.laneway("doctor --fix").code(1));
    drop(world.laneway("claim A-1 --as @bot").code(0));
    drop(world.laneway("doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn worktrees_whose_directory_is_gone_are_forgotten_and_their_commits_kept() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    let kept = world.commit(A, "a.txt", "a\n");
    world.quietly("claim B-1 --as @carl");
    world.git_in("repo-B-ui", "checkout -q --detach");
    let saved = world.commit("repo-B-ui", "b.txt", "b\n");
    world.git("worktree add -q --detach ../mine");
    for gone in [A, "repo-B-ui", "mine"] {
        fs::remove_dir_all(world.path(gone)).unwrap();
    }
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix").code(0));
    drop(world.laneway("doctor").code(0));
    assert_eq!(world.git("rev-parse agent/A-backend").trim(), kept);
    assert_eq!(world.git("rev-parse refs/laneway/work/B-1/1").trim(), saved);
    assert_eq!(world.git("worktree list").lines().count(), 2);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn worktrees_in_the_place_of_a_lane_go_only_when_nothing_is_lost() {
    let world = World::planned();
    world.git("worktree add -q --detach ../repo-A-backend");
    world.git("worktree add -q --detach ../repo-A-backend-2");
    world.git("worktree add -q -b mine ../repo-B-ui");
    world.git("worktree add -q ../peek laneway");
    world.commit("repo-A-backend-2", "a.txt", "a\n");
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix").code(1));
    drop(world.laneway("doctor").code(1));
    assert!(!world.path(A).exists() && world.path("repo-A-backend-2/a.txt").exists());
    assert!(world.path("repo-B-ui/README").exists() && world.path("peek/governance").exists());
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn bindings_of_claims_that_are_over_go_unless_changes_stand_there() {
    let world = World::planned();
    world.quietly("claim A-1 --as @bot");
    let file = world.path("repo/.git/worktrees/repo-A-backend/laneway/claim.json");
    let binding = fs::read(&file).unwrap();
    world.quietly("release A-1 --as @bot");
    fs::write(&file, &binding).unwrap();
    world.write_in(A, "README", "mine\n");
    drop(world.laneway("doctor --fix").code(1));
    world.git_in(A, "commit -q -a -m mine");
    drop(world.laneway("doctor --fix").code(0));
    assert!(!file.exists());
    assert_eq!(world.git_in(A, "log -1 --format=%s").trim(), "mine");
    fs::write(&file, b"{").unwrap();
    drop(world.laneway("doctor").code(1));
    fs::write(&file, &binding).unwrap();
    world.git_in(A, "reset -q --hard HEAD~1");
    world.quietly("claim A-1 --as @carl");
    fs::write(&file, &binding).unwrap();
    drop(world.laneway("doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn branches_of_lanes_that_policy_lost_go_once_all_is_kept_elsewhere() {
    let world = World::governed();
    world.submit("B-1", "--role B-ui", "repo-B-ui", "b.txt", "b\n");
    world.quietly("merge B-1 --as @bot");
    let policy = world.path("repo/governance/policy.yaml");
    let text = fs::read_to_string(&policy).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.contains("B-ui")).collect();
    world.write("governance/policy.yaml", &(without.join("\n") + "\n"));
    world.git("commit -q -a -m 'No more B-ui'");
    drop(world.laneway("doctor --fix").code(1));
    world.commit("repo-B-ui", "more.txt", "more\n");
    world.git("worktree remove ../repo-B-ui");
    drop(world.laneway("doctor --fix").code(1));
    world.git("branch keep agent/B-ui");
    drop(world.laneway("doctor --fix").code(0));
    assert_eq!(world.git("branch --list agent/B-ui"), "");
    drop(world.laneway("doctor").code(0));
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn half_written_files_go_when_nobody_wrote_them_for_an_hour() {
    let world = World::governed();
    world.leave("objects/aa/tmp_obj_x", "half");
    world.leave("objects/pack/tmp_pack_x", "half");
    world.leave("objects/.tmpAbCdEf", "half");
    world.leave("objects/tmp_objdir-incoming-x/aa/x", "half");
    let incoming = world.path("repo/.git/objects/tmp_objdir-incoming-x");
    for dir in [incoming.join("aa"), incoming] {
        let dir = File::open(dir).unwrap();
        dir.set_modified(SystemTime::now() - Duration::from_secs(12_600))
            .unwrap();
    }
    world.write_in("repo/.git/objects/aa", "tmp_obj_young", "half");
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("doctor --fix").code(0));
    drop(world.laneway("doctor").code(0));
    assert!(world.path("repo/.git/objects/aa/tmp_obj_young").exists());
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn doctor_goes_on_where_the_rules_or_the_ledger_do_not_read() {
    let world = World::new();
    drop(world.laneway("doctor").code(1));
    world.quietly("init --role A-backend");
    world.git("worktree add -q ../peek laneway");
    world.write("governance/policy.yaml", "version: 1\nroles: {\n");
    world.git("commit -q -a -m broken");
    drop(world.laneway("doctor").code(1));
    drop(world.laneway("--json doctor --fix").code(1));
    drop(world.laneway("--ledger none doctor").code(1));
    world.git("checkout -q HEAD~1 -- governance");
    world.git("commit -q -m mended");
    drop(world.laneway("doctor").code(0));
    std::fs::create_dir(world.path("nowhere")).unwrap();
    drop(world.laneway_in("nowhere", "doctor").code(5));
    insta::assert_snapshot!(world.transcript());
}
