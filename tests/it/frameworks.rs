//! P10: the tools that teams run hooks and CI with call laneway; the pre-commit framework for real.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use laneway::ledger::yaml::{Limits, parse};

use crate::support::World;

/// The pre-commit framework: at `LANEWAY_TEST_PRE_COMMIT`, or on the search path.
fn framework() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("LANEWAY_TEST_PRE_COMMIT") {
        return Some(PathBuf::from(named)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|dir| dir.join("pre-commit"));
    places.find(|path| path.is_file())
}

/// Whether it is here. A test that cannot be run says so, and fails in CI, which installs it.
fn program(test: &str) -> Option<PathBuf> {
    let found = framework();
    let ci = std::env::var("CI").is_ok_and(|value| !["", "0", "false"].contains(&&*value));
    assert!(
        found.is_some() || !ci,
        "{test}: pre-commit is missing, and CI installs it"
    );
    if found.is_none() {
        // Straight to the stream: the harness swallows what `eprintln!` says in a test that passes.
        let notice = format!("\nNOTICE: {test} skipped: pre-commit is not to be had here\n");
        drop(std::io::stderr().write_all(notice.as_bytes()));
    }
    found
}

/// A governed world in which `laneway` is on the search path, as it is for whoever uses it.
fn world() -> World {
    let world = World::governed();
    let bin = Path::new(env!("CARGO_BIN_EXE_laneway")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    world.set("PATH", &format!("{}:{path}", bin.display()));
    world.set(
        "PRE_COMMIT_HOME",
        &world.path("home/pre-commit").display().to_string(),
    );
    world
}

fn run(world: &World, program: &Path, line: &str) -> (bool, String) {
    let program = program.display().to_string();
    let output = world
        .command(&world.path("repo"), &program, line)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// A bad file is refused, a good one passes, a lane's commit names its task.
fn at_work(world: &World) {
    let good = fs::read_to_string(world.path("repo/governance/policy.yaml")).unwrap();
    world.write(
        "governance/policy.yaml",
        &good.replace("version: 1", "version: one"),
    );
    world.git("add -A");
    let (done, said) = run(world, Path::new("git"), "commit -m bad");
    assert!(!done && said.contains("governance/policy.yaml"), "{said}");
    world.write(
        "governance/policy.yaml",
        &format!("{good}\nlease: {{ttl: 1h}}\n"),
    );
    world.git("add -A");
    let (done, said) = run(world, Path::new("git"), "commit -m good");
    assert!(done && said.contains("laneway validate"), "{said}");
    world.quietly("add A-1 --title One --role A-backend --as @dana");
    world.quietly("claim A-1 --as @bot");
    world.commit("repo-A-backend", "src/a", "1\n");
    let told = world.git_in("repo-A-backend", "log -1 --format=%B");
    assert!(told.contains("Laneway-Task: A-1"), "{told}");
    world.git("init -q --bare ../copy.git");
    let (done, said) = run(world, Path::new("git"), "push ../copy.git main");
    assert!(done, "{said}");
    world.git("reset -q --hard HEAD~1");
    let (done, said) = run(world, Path::new("git"), "push -f ../copy.git main");
    assert!(!done && said.contains("target-rewound"), "{said}");
}

const INSTALL: &str = "install --hook-type pre-commit --hook-type commit-msg --hook-type pre-push";

#[test]
fn p10_the_pre_commit_framework_runs_our_manifest() {
    let Some(program) = program("p10_the_pre_commit_framework_runs_our_manifest") else {
        return;
    };
    let world = world();
    // The repository of hooks that a team names: our manifest, at a commit.
    let manifest = include_str!("../../.pre-commit-hooks.yaml");
    world.git("init -q ../hooks");
    world.write_in("hooks", ".pre-commit-hooks.yaml", manifest);
    let rev = world.commit("hooks", "README", "hooks\n");
    let (done, said) = run(
        &world,
        &program,
        "try-repo ../hooks laneway-validate --all-files",
    );
    assert!(done, "{said}");
    let config = format!(
        "repos:\n  - repo: {}\n    rev: {rev}\n    hooks:\n      - id: laneway-validate\n      - id: laneway-commit-msg\n      - id: laneway-pre-push\n",
        world.path("hooks").display()
    );
    // In the repository, so that every lane has it.
    world.commit("repo", ".pre-commit-config.yaml", &config);
    let (done, said) = run(&world, &program, INSTALL);
    assert!(done, "{said}");
    at_work(&world);
}

#[test]
fn p10_the_pre_commit_framework_runs_our_template() {
    let Some(program) = program("p10_the_pre_commit_framework_runs_our_template") else {
        return;
    };
    let world = world();
    let config = world.laneway("hooks template pre-commit").code(0).stdout;
    world.commit("repo", ".pre-commit-config.yaml", &config);
    let (done, said) = run(&world, &program, INSTALL);
    assert!(done, "{said}");
    at_work(&world);
}

#[test]
fn p10_templates_and_manifest_are_yaml_and_call_verbs_that_are_there() {
    let world = World::new();
    let mut texts = vec![include_str!("../../.pre-commit-hooks.yaml").to_owned()];
    for tool in ["github", "gitlab", "pre-commit"] {
        let answer = world
            .laneway(&format!("--json hooks template {tool}"))
            .code(0)
            .json();
        texts.push(answer["data"]["text"].as_str().unwrap().to_owned());
    }
    for text in &texts {
        let parsed = parse(text, Limits::PLAN);
        assert!(parsed.is_ok(), "{parsed:?}\n{text}");
        let calls = text.lines().filter_map(|line| {
            let (before, call) = line.split_once("laneway ")?;
            ["entry:", "run:", "-"]
                .contains(&before.trim())
                .then_some(call)
        });
        let mut called = 0;
        for call in calls {
            let verb: Vec<&str> = call
                .split(' ')
                .take_while(|word| !word.starts_with('-'))
                .collect();
            drop(world.laneway(&format!("{} --help", verb.join(" "))).code(0));
            called += 1;
        }
        assert!(called > 1, "{text}");
    }
}

#[test]
fn x12_what_the_pre_commit_framework_calls_first_is_still_called() {
    let Some(program) = program("x12_what_the_pre_commit_framework_calls_first_is_still_called")
    else {
        return;
    };
    let world = world();
    let hook = world.path("repo/.git/hooks/pre-commit");
    world.commit("repo", ".pre-commit-config.yaml", "repos: []\n");
    world.write_in("repo/.git/hooks", "pre-commit", "#!/bin/sh\nexit 1\n");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    // It moves the hook that was there to `pre-commit.legacy`, and looks for it there.
    let (done, said) = run(&world, &program, "install --hook-type pre-commit");
    assert!(done && said.contains("migration mode"), "{said}");
    let commits = || run(&world, Path::new("git"), "commit -q --allow-empty -m x").0;
    assert!(!commits());
    world.quietly("hooks install");
    assert!(!commits());
    world.quietly("hooks uninstall");
    assert!(!commits());
}
