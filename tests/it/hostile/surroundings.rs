//! PROMISES P19: what stands in the environment and in git's configuration is no command either.

use std::collections::BTreeSet;
use std::path::Path;

use super::names::spelled;
use super::turns::{Turn, in_worlds};
use crate::support::words;

/// The names that the code hands to functions of this pattern.
fn asked(function: &str) -> BTreeSet<String> {
    fn read(dir: &Path, call: &regex::Regex, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, call, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(call.captures_iter(&text).map(|one| one[1].to_owned()));
            }
        }
    }
    let call = regex::Regex::new(&format!(r#"\b{function}\("([^"{{}}]+)""#)).unwrap();
    let mut found = BTreeSet::new();
    read(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &call,
        &mut found,
    );
    found
}

/// What is typed while a variable of the environment or a key of git's configuration is hostile.
const LINES: [&str; 4] = [
    "ready",
    "note A-1 seen",
    "claim B-1 --as @bea --dry-run",
    "hook pre-commit",
];

/// Every variable that the code asks for by name, with 20 of the 60 names.
#[test]
fn p19_no_injection_by_the_environment() {
    let turn = Turn::new("p19_no_injection_by_the_environment");
    let mut variables = asked("(?:var|variable|user_dir)");
    // How programs are found, and what only tests set.
    variables.retain(|name| name != "PATH" && !name.contains("_TEST_") && !name.contains(' '));
    for name in [
        "LANEWAY_AGENT",
        "LANEWAY_LEDGER",
        "LANEWAY_CLAIM",
        "GIT_INDEX_FILE",
        "GIT_QUARANTINE_PATH",
        "LANEWAY_STATE_DIR",
    ] {
        assert!(variables.contains(name), "{name} of {variables:?}");
    }
    let variables: Vec<String> = variables.into_iter().collect();
    in_worlds(&variables, |kept, n, variable| {
        let mut wrong = Vec::new();
        for name in turn.names(n) {
            let value = spelled(&kept.world, name);
            for line in LINES {
                let mut command = kept
                    .world
                    .command(&kept.world.path("repo"), "timeout", "60");
                let command = command.arg(env!("CARGO_BIN_EXE_laneway")).args(words(line));
                let output = command.env(variable, &value).output().unwrap();
                wrong.extend(kept.wrong(&format!("{variable}={value:?} {line}"), &output));
            }
        }
        wrong
    });
}

/// Every key of git's configuration that the code asks for by name, with 20 of the 60 names, in the
/// repository's own configuration.
#[test]
fn p19_no_injection_by_the_configuration() {
    let turn = Turn::new("p19_no_injection_by_the_configuration");
    let keys: Vec<String> = asked("config_str").into_iter().collect();
    for key in [
        "laneway.agent",
        "laneway.ledger",
        "user.signingKey",
        "core.worktree",
    ] {
        assert!(keys.iter().any(|known| known == key), "{key} of {keys:?}");
    }
    in_worlds(&keys, |kept, n, key| {
        let mut wrong = Vec::new();
        let file = kept.world.path("repo/.git/config");
        let before = std::fs::read(&file).unwrap();
        for name in turn.names(n) {
            let value = spelled(&kept.world, name);
            let mut git = kept
                .world
                .command(&kept.world.path(""), "git", "config --file");
            let set = git.arg(&file).args(["--", key, &value]).status().unwrap();
            assert!(set.success(), "{key} {value:?}");
            for line in LINES {
                let mut command = kept
                    .world
                    .command(&kept.world.path("repo"), "timeout", "60");
                let command = command.arg(env!("CARGO_BIN_EXE_laneway")).args(words(line));
                let output = command.output().unwrap();
                wrong.extend(kept.wrong(&format!("{key}={value:?} {line}"), &output));
            }
            std::fs::write(&file, &before).unwrap();
        }
        wrong
    });
}
