//! X12, P10, P41: hooks go in and out exactly, and say early what the merge would say later.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::World;

const LANE: &str = "repo-A-backend";
/// Where what was there before is kept.
const KEPT: &str = "repo/.git/hooks-before-laneway";

/// Every file below a directory: its mode and content.
fn files(dir: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let data = entry.path().symlink_metadata().unwrap();
        let bytes = match fs::read_link(entry.path()) {
            Ok(to) => to.to_string_lossy().into_owned().into_bytes(),
            Err(_) => fs::read(entry.path()).unwrap_or_default(),
        };
        let name = entry.file_name().to_string_lossy().into_owned();
        found.insert(name, (data.permissions().mode(), bytes));
    }
    found
}

/// A hook of somebody else, which writes what it was given.
fn plant(world: &World, dir: &str, name: &str, body: &str, mode: u32) {
    world.write_in(dir, name, &format!("#!/bin/sh\n{body}\n"));
    let path = world.path(dir).join(name);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A world with the hooks of a clone, a lane of `A-1` that owns `src/**`, and `B-1` at work on
/// `ui/**`.
fn hooked() -> World {
    let world = World::governed();
    world.quietly("hooks install");
    world.quietly("add A-1 --title One --role A-backend --owns src/** --as @dana");
    world.quietly("add B-1 --title Two --role B-ui --owns ui/** --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.quietly("claim B-1 --as @bo");
    world
}

/// Commits what is staged; whether git did, and what was said.
fn commit(world: &World, dir: &str, line: &str) -> (bool, String) {
    let output = world
        .command(&world.path(dir), "git", line)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), said)
}

#[test]
fn x12_what_was_there_is_chained_and_put_back_to_the_byte() {
    let world = World::governed();
    let hooks = "repo/.git/hooks";
    plant(
        &world,
        hooks,
        "pre-push",
        "cat > .git/seen; echo \"$@\" >> .git/seen",
        0o750,
    );
    plant(&world, hooks, "pre-commit", "exit 1", 0o644);
    fs::write(world.path("repo/.git/elsewhere"), "#!/bin/sh\n").unwrap();
    std::os::unix::fs::symlink("../elsewhere", world.path(hooks).join("commit-msg")).unwrap();
    let before = files(&world.path(hooks));
    world.laneway("hooks install --dry-run").code(0);
    assert_eq!(files(&world.path(hooks)), before);
    world.laneway("hooks install").code(0);
    let installed = files(&world.path(hooks));
    world.laneway("hooks install").code(0);
    assert_eq!(files(&world.path(hooks)), installed, "twice is once");
    world.laneway("hooks status").code(0);
    world.laneway("--json hooks status").code(0);
    // Called first, with the same input and arguments.
    world.git("init -q --bare ../copy.git");
    world.git("push -q ../copy.git main:refs/heads/side");
    let seen = fs::read_to_string(world.path("repo/.git/seen")).unwrap();
    let tip = world.target();
    assert_eq!(
        seen,
        format!(
            "refs/heads/main {tip} refs/heads/side {}\n../copy.git ../copy.git\n",
            "0".repeat(40)
        )
    );
    world.laneway("hooks uninstall").code(0);
    assert_eq!(files(&world.path(hooks)), before);
    world.laneway("hooks uninstall").code(0);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn x12_its_no_stops_and_ours_is_not_asked() {
    let world = World::governed();
    plant(
        &world,
        "repo/.git/hooks",
        "pre-push",
        "cat > /dev/null; echo theirs >&2; exit 3",
        0o755,
    );
    world.quietly("hooks install");
    world.git("init -q --bare ../copy.git");
    let (pushed, said) = commit(&world, "repo", "push -q ../copy.git main");
    assert!(
        !pushed && said.contains("theirs") && !said.contains("laneway:"),
        "{said}"
    );
}

#[test]
fn x12_a_directory_that_was_not_there_goes_again() {
    let world = World::governed();
    fs::remove_dir_all(world.path("repo/.git/hooks")).unwrap();
    world.quietly("hooks install");
    assert_eq!(files(&world.path("repo/.git/hooks")).len(), 3);
    world.quietly("hooks uninstall");
    assert!(!world.path("repo/.git/hooks").exists());
}

#[test]
fn x12_edits_and_changed_hooks_are_refused_in_words() {
    let world = World::governed();
    let hooks = "repo/.git/hooks";
    plant(&world, hooks, "pre-push", "exit 0", 0o755);
    world.quietly("hooks install");
    plant(&world, KEPT, "pre-push", "exit 1", 0o755);
    let ours = fs::read_to_string(world.path(hooks).join("pre-commit")).unwrap();
    plant(&world, hooks, "pre-commit", "", 0o755);
    world.write_in(hooks, "pre-commit", &ours.replace("exec ", "true "));
    world.laneway("hooks status").code(1);
    world.laneway("doctor").code(1);
    let before = files(&world.path(hooks));
    world.laneway("hooks install").code(4);
    world.laneway("hooks uninstall").code(4);
    assert_eq!(files(&world.path(hooks)), before);
    world.laneway("hooks install --force").code(0);
    world.laneway("hooks status").code(0);
    world.quietly("hooks uninstall");
    let kept = fs::read_to_string(world.path(hooks).join("pre-push")).unwrap();
    assert_eq!(kept, "#!/bin/sh\nexit 1\n");
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn x12_directories_of_others_are_refused() {
    let world = World::governed();
    world.git("config core.hooksPath .husky/_");
    world.laneway("hooks install").code(4);
    world.git("config --unset core.hooksPath");
    let shared = world.path("home/hooks");
    world.git(&format!(
        "config --global core.hooksPath {}",
        shared.display()
    ));
    world.laneway("hooks install").code(4);
    assert!(!shared.exists());
    world.git("config --global --unset core.hooksPath");
    world.git("config core.hooksPath .git/own");
    world.laneway("hooks install").code(4);
    let own = world.path("repo/.git/own");
    world.git(&format!("config core.hooksPath {}", own.display()));
    world.laneway("hooks install").code(0);
    assert_eq!(files(&own).len(), 3);
    world.laneway_in("home", "hooks status").code(5);
    world.git("init -q --bare ../hub.git");
    world.laneway_in("hub.git", "hooks install").code(2);
    insta::assert_snapshot!(world.transcript());
}

#[test]
fn x12_an_interrupted_installation_is_gone_on_with() {
    let world = World::governed();
    let hooks = world.path("repo/.git/hooks");
    plant(&world, "repo/.git/hooks", "pre-push", "exit 0", 0o755);
    let kept = world.path(KEPT);
    fs::create_dir(&kept).unwrap();
    fs::hard_link(hooks.join("pre-push"), kept.join("pre-push")).unwrap();
    drop(
        world
            .laneway("hooks install")
            .code(0)
            .says("pre-push: chained"),
    );
    world.quietly("hooks uninstall");
    // A file of that name which is somebody's.
    plant(&world, KEPT, "pre-push", "mine", 0o755);
    let before = files(&hooks);
    drop(
        world
            .laneway("hooks install --force")
            .code(4)
            .says("is in the way"),
    );
    assert_eq!(files(&hooks), before);
}

#[test]
fn x12_a_program_that_is_gone_is_told_and_looked_for_on_path() {
    let world = World::governed();
    world.quietly("hooks install");
    let hook = world.path("repo/.git/hooks/pre-commit");
    let text = fs::read_to_string(&hook).unwrap();
    let program = env!("CARGO_BIN_EXE_laneway");
    let gone = text.replace(program, "/gone/laneway");
    let body = gone.splitn(3, '\n').nth(2).unwrap();
    let sum = {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(body.as_bytes());
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    fs::write(&hook, format!("#!/bin/sh\n# laneway hook 1 {sum}\n{body}")).unwrap();
    drop(
        world
            .laneway("hooks status")
            .code(1)
            .says("/gone/laneway, which is gone"),
    );
    let (done, said) = commit(&world, "repo", "commit -q --allow-empty -m x");
    assert!(
        !done && said.contains("neither at /gone/laneway nor on PATH"),
        "{said}"
    );
    drop(world.laneway("doctor --fix").code(0).says("stale-hooks"));
    drop(world.laneway("hooks status").code(0));
    let (done, said) = commit(&world, "repo", "commit -q --allow-empty -m x");
    assert!(done, "{said}");
}

#[test]
fn x12_a_hook_that_asks_its_own_name_still_hears_it() {
    let world = World::governed();
    let hooks = "repo/.git/hooks";
    plant(
        &world,
        hooks,
        "pre-commit",
        "basename \"$0\" > .git/seen",
        0o755,
    );
    world.quietly("hooks install");
    world.commit("repo", "src/one", "1\n");
    let seen = fs::read_to_string(world.path("repo/.git/seen")).unwrap();
    assert_eq!(seen, "pre-commit\n");
    world.quietly("hooks uninstall");
    assert!(!world.path(KEPT).exists());
}

#[test]
fn x12_a_hook_that_looks_around_itself_still_finds_what_it_did() {
    let world = World::governed();
    let hooks = "repo/.git/hooks";
    let body = ". \"$(dirname \"$0\")/library.sh\"\n\
                . \"$(dirname \"$0\")/../../tools/more.sh\"\n\
                exec \"$0.legacy\"";
    plant(&world, hooks, "pre-commit", body, 0o755);
    plant(&world, hooks, "pre-commit.legacy", "exit $legacy", 0o755);
    world.write_in(hooks, "library.sh", "export legacy=3\n");
    world.write_in("repo", "tools/more.sh", "echo more >> .git/seen\n");
    let before = files(&world.path(hooks));
    world.quietly("hooks install");
    world.quietly("hooks install");
    let (done, said) = commit(&world, "repo", "commit -q --allow-empty -m x");
    assert!(!done, "its no stops: {said}");
    world.write_in(hooks, "library.sh", "export legacy=0\n");
    let (done, said) = commit(&world, "repo", "commit -q --allow-empty -m x");
    assert!(done, "{said}");
    let seen = fs::read_to_string(world.path("repo/.git/seen")).unwrap();
    assert_eq!(seen, "more\nmore\n");
    world.write_in(hooks, "library.sh", "export legacy=3\n");
    world.quietly("hooks uninstall");
    assert_eq!(files(&world.path(hooks)), before);
    assert!(!world.path(KEPT).exists());
}

#[test]
fn x12_a_hook_that_was_there_is_never_left_behind_without_a_word() {
    let world = World::governed();
    let hooks = "repo/.git/hooks";
    plant(&world, hooks, "pre-push", "exit 0", 0o755);
    plant(&world, hooks, "pre-commit", "exit 0", 0o755);
    let before = files(&world.path(hooks));
    world.quietly("hooks install");
    // Somebody deletes one of ours; another tool writes over one.
    fs::remove_file(world.path(hooks).join("pre-push")).unwrap();
    plant(&world, hooks, "pre-commit", "echo husky", 0o755);
    let status = world.laneway("hooks status").code(1);
    drop(
        status
            .says("pre-push, which was here before, is not called")
            .says("pre-commit, which"),
    );
    let left = files(&world.path(hooks));
    let refused = world.laneway("hooks uninstall").code(4);
    drop(refused.says("hooks-before-laneway/pre-commit"));
    assert_eq!(files(&world.path(hooks)), left);
    // Once that one is away, both are put back.
    fs::remove_file(world.path(hooks).join("pre-commit")).unwrap();
    let done = world.laneway("hooks uninstall").code(0);
    drop(done.says("pre-push: restored").says("pre-commit: restored"));
    assert_eq!(files(&world.path(hooks)), before);
}

#[test]
fn x12_hooks_of_a_shared_directory_are_taken_away_by_force_only() {
    let world = World::governed();
    let shared = world.path("home/hooks");
    world.git(&format!(
        "config --global core.hooksPath {}",
        shared.display()
    ));
    world.quietly("hooks install --force");
    let before = files(&shared);
    drop(
        world
            .laneway("hooks uninstall")
            .code(4)
            .says("core.hooksPath"),
    );
    assert_eq!(files(&shared), before);
    drop(world.laneway("hooks uninstall --force").code(0));
    assert!(!shared.exists());
}

#[test]
fn p41_a_lane_commits_its_own_paths_only() {
    let world = hooked();
    world.write_in(LANE, "src/a", "1\n");
    world.write_in(LANE, "ui/b", "1\n");
    world.write_in(LANE, "doc/c", "1\n");
    world.write_in(LANE, "governance/queue.yaml", "version: 1\n");
    world.git_in(LANE, "add -A");
    let (done, said) = commit(&world, LANE, "commit -q -m all");
    assert!(!done);
    insta::assert_snapshot!(said, @r#"
    laneway: governance/queue.yaml: lane A-backend of `A-1` never changes the rules it is judged by
      governance-touched: `git restore --staged -- governance/queue.yaml`; rules and plan change by a commit of their own, outside of lanes
    laneway: doc/c: lane A-backend of `A-1` owns src/**; no task in progress owns it
      foreign-paths: `git restore --staged -- doc/c`, and plan a task for the lane that owns it
    laneway: ui/b: lane A-backend of `A-1` owns src/**; it belongs to `B-1`, held by @bo in lane B-ui
      foreign-paths: `git restore --staged -- ui/b`, and plan a task for the lane that owns it
    "#);
    // A partial commit is judged by what it commits.
    let (done, said) = commit(&world, LANE, "commit -q -m own -- src/a");
    assert!(done, "{said}");
    let (done, said) = commit(&world, LANE, "commit -q -m other -- ui/b");
    assert!(!done && said.contains("`B-1`, held by @bo"), "{said}");
    world.git_in(LANE, "reset -q --hard");
    // What can never land is said early, and a rebase is none of it.
    world.commit("repo", "base", "2\n");
    let (done, _) = commit(&world, LANE, "merge -q --no-commit --no-ff main");
    assert!(done);
    let (done, said) = commit(&world, LANE, "commit -q -m merge");
    assert!(!done && said.contains("lane sync"), "{said}");
    world.git_in(LANE, "merge --abort");
    drop(world.laneway_in(LANE, "lane sync").code(0));
    world.git_in(LANE, "commit -q --amend -m amended");
    assert!(
        world
            .git_in(LANE, "log -1 --format=%B")
            .contains("Laneway-Task: A-1")
    );
}

#[test]
fn p10_staged_governance_is_validated_before_it_is_a_commit() {
    let world = hooked();
    let good = fs::read_to_string(world.path("repo/governance/policy.yaml")).unwrap();
    world.write(
        "governance/policy.yaml",
        &good.replace("version: 1", "version: one"),
    );
    world.write("other", "x\n");
    world.git("add -A");
    let (done, said) = commit(&world, "repo", "commit -q -m bad");
    assert!(!done && said.contains("governance/policy.yaml"), "{said}");
    let (done, said) = commit(&world, "repo", "commit -q -m other -- other");
    assert!(done, "a partial commit without it: {said}");
    // The index counts, not the file.
    world.write("governance/policy.yaml", &good);
    let (done, _) = commit(&world, "repo", "commit -q -m bad");
    assert!(!done);
    world.git("add -A");
    world.rule("lease: {ttl: 1h}");
    drop(world.laneway("audit verify").code(0));
}

#[test]
fn p31_the_target_takes_work_of_tasks_only_where_policy_says_so() {
    let world = hooked();
    world.rule("target: {branch: main, direct: tasks_only}");
    world.write("src/direct", "x\n");
    world.git("add -A");
    let (done, said) = commit(&world, "repo", "commit -q -m direct");
    assert!(!done && said.contains("target-direct"), "{said}");
    world.git("reset -q --hard");
    world.git("switch -q laneway");
    let (done, said) = commit(&world, "repo", "commit -q --allow-empty -m by-hand");
    assert!(!done && said.contains("ledger-by-hand"), "{said}");
    // The same branch under another name.
    world.git("switch -q -c mine");
    world.git("rm -q governance/queue.yaml");
    let (done, said) = commit(&world, "repo", "commit -q -m by-hand");
    assert!(!done && said.contains("ledger-copy"), "{said}");
    assert!(!said.contains("laneway init"), "{said}");
}

#[test]
fn x12_a_lanes_commits_name_their_task_and_nothing_else_is_touched() {
    let world = hooked();
    world.write_in(LANE, "src/a", "1\n");
    world.git_in(LANE, "add -A");
    let (done, said) = commit(&world, LANE, "commit -q -m 'one\n\nLaneway-Task: B-1'");
    assert!(!done && said.contains("trailer-foreign"), "{said}");
    let (done, said) = commit(
        &world,
        LANE,
        "commit -q -m 'one\n\nwhy: it is\n\nSigned-off-by: x <x@y>'",
    );
    assert!(done, "{said}");
    let told = world.git_in(LANE, "log -1 --format=%B");
    assert_eq!(
        told,
        "one\n\nwhy: it is\n\nSigned-off-by: x <x@y>\nLaneway-Task: A-1\n\n"
    );
    // Without a message there is no commit.
    world.set("GIT_EDITOR", "true");
    let (done, said) = commit(&world, LANE, "commit -q --allow-empty");
    assert!(!done && said.contains("empty commit message"), "{said}");
    let (done, _) = commit(
        &world,
        "repo",
        "commit -q --allow-empty -m 'x\n\nLaneway-Task: B-1'",
    );
    assert!(done, "outside of lanes nothing is judged");
    assert!(!world.git("log -1 --format=%B").contains("A-1"));
}

#[test]
fn x07_a_push_by_hand_is_judged_before_it_is_sent() {
    let world = World::remote();
    world.quietly("hooks install");
    let refused = |line: &str, rule: &str| {
        let (done, said) = commit(&world, "repo", line);
        assert!(!done && said.contains(rule), "$ git {line}\n{said}");
    };
    let passes = |line: &str| {
        let (done, said) = commit(&world, "repo", line);
        assert!(done, "$ git {line}\n{said}");
        said
    };
    refused("push -q -f origin main:laneway", "ledger-by-hand");
    refused("push -q origin :laneway", "ledger-by-hand");
    refused(
        "push -q origin main:refs/laneway/work/A-1/1",
        "ref-reserved",
    );
    refused("push -q origin :main", "target-deleted");
    passes("push -q origin main:side");
    // A copy elsewhere is nobody's ledger.
    passes("init -q --bare ../copy.git");
    passes("push -q ../copy.git refs/remotes/origin/laneway:refs/heads/laneway");
    refused("push -q ../copy.git :refs/heads/laneway", "ledger-by-hand");
    world.commit("repo", "src/one", "1\n");
    passes("push -q origin main");
    world.git("reset -q --hard HEAD~1");
    world.commit("repo", "src/two", "1\n");
    refused("push -q -f origin main", "target-rewound");
    world.git("fetch -q origin");
    world.git("reset -q --hard origin/main");
    world.rule("target: {branch: main, direct: listed}");
    passes("push -q origin main");
    world.commit("repo", "src/three", "1\n");
    let said = passes("push -q origin main");
    assert!(said.contains("outside of tasks"), "{said}");
    world.rule("target: {branch: main, direct: tasks_only}");
    passes("push -q origin main");
    world.commit("repo", "src/four", "1\n");
    refused("push -q origin main", "target-direct");
    world.git("reset -q --hard HEAD~1");
    world.rule("lease: {ttl: 1h}");
    passes("push -q origin main");
    world.write("governance/policy.yaml", "nonsense: [\n");
    world.git("commit -q --no-verify -a -m bad");
    refused("push -q origin main", "rules-unreadable");
}

#[test]
fn x12_what_laneway_does_runs_none_of_its_hooks() {
    let world = World::remote();
    world.quietly("hooks install");
    drop(
        world
            .laneway_in("hub.git", "hooks install --server")
            .code(0),
    );
    // Hooks that would stop anything.
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        plant(&world, KEPT, name, "exit 1", 0o755);
    }
    world.submit("A-1", "--role A-backend", LANE, "src/a", "1\n");
    drop(world.laneway("merge A-1 --as @dana").code(0));
    drop(world.laneway("audit verify").code(0));
}
