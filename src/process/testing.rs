//! A runner for tests.

use std::collections::BTreeMap;

use super::Runner;

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
