//! A runner for tests.

use std::collections::BTreeMap;

use super::Runner;
use crate::env::Env;

/// This process and its machine.
pub(crate) fn env() -> Env {
    Env::of_process().unwrap()
}

/// The id of a process that has ended.
pub(crate) fn dead_pid() -> u32 {
    let runner = runner();
    let finished = runner.run(&runner.shell("echo $$", std::path::Path::new("/")));
    finished.unwrap().stdout.text().parse().unwrap()
}

/// A runner with `PATH` and nothing of the person who runs the tests.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests need the machine's `PATH`"
)]
pub(crate) fn runner() -> Runner {
    let mut environment = BTreeMap::new();
    environment.insert("PATH".into(), std::env::var_os("PATH").unwrap());
    environment.insert("HOME".into(), "/nonexistent".into());
    environment.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
    environment.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
    Runner::new(environment)
}
