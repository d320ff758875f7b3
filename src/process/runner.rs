use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::spawn::Spawn;

/// Variables named `GIT_…` that a git child keeps: how to reach and authenticate a remote, which
/// configuration is the person's, which protocols are allowed. All others (`GIT_DIR`,
/// `GIT_INDEX_FILE`, `GIT_CONFIG_COUNT`, identities …) would point git somewhere else.
const KEPT: [&str; 11] = [
    "GIT_ALLOW_PROTOCOL",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_PROTOCOL_FROM_USER",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_SSH_VARIANT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];

/// Runs programs in an environment given by the caller; the process's own is never read.
#[derive(Debug, Clone)]
pub struct Runner {
    environment: Arc<BTreeMap<OsString, OsString>>,
    grace: Duration,
}

impl Runner {
    /// A runner whose children see `environment`, and get 2 seconds between SIGTERM and SIGKILL.
    #[must_use]
    pub fn new(environment: BTreeMap<OsString, OsString>) -> Self {
        Self {
            environment: Arc::new(environment),
            grace: Duration::from_secs(2),
        }
    }

    /// Sets the time between SIGTERM and SIGKILL.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// The time between SIGTERM and SIGKILL.
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.grace
    }

    /// The environment that children start from.
    #[must_use]
    pub fn environment(&self) -> &BTreeMap<OsString, OsString> {
        &self.environment
    }

    /// `sh -c command` in `dir`, without the variables by which git points at a repository: for
    /// acceptance checks. Data goes in by environment variables only, never into `command`.
    #[must_use]
    pub fn shell(&self, command: impl Into<OsString>, dir: &Path) -> Spawn {
        self.without_git(Spawn::new("sh", dir))
            .arg("-c")
            .arg(command)
    }

    /// `git` in `dir`: hooks, fsmonitor, prompts, optional locks and replaced objects off, messages
    /// untranslated, and nothing of the environment that points at another repository.
    ///
    /// `args` come after the options that do this; a caller's own `-c` or `-C` may lead them.
    #[must_use]
    pub fn git<S: Into<OsString>>(&self, dir: &Path, args: impl IntoIterator<Item = S>) -> Spawn {
        self.without_git(Spawn::new("git", dir))
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .args(["--no-replace-objects", "--no-pager"])
            .args([
                "-c",
                "core.hooksPath=/dev/null",
                "-c",
                "core.fsmonitor=false",
            ])
            .args(args)
    }

    fn without_git(&self, spawn: Spawn) -> Spawn {
        let foreign = |name: &OsStr| {
            name.to_str()
                .is_some_and(|name| name.starts_with("GIT_") && !KEPT.contains(&name))
        };
        let names = self.environment.keys().filter(|name| foreign(name));
        names.fold(spawn, |spawn, name| spawn.env_remove(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::runner;

    #[test]
    fn a_git_child_sees_no_foreign_repository() {
        let mut environment = runner().environment().clone();
        environment.insert("GIT_DIR".into(), "/elsewhere".into());
        environment.insert("GIT_AUTHOR_NAME".into(), "someone".into());
        environment.insert("GIT_SSH_COMMAND".into(), "ssh -x".into());
        let runner = Runner::new(environment);
        let spawn = runner.git(Path::new("/"), ["-c", "alias.e=!env", "e"]);
        let text = runner.run(&spawn).unwrap().stdout.text();
        assert!(
            !text.contains("/elsewhere") && !text.contains("someone"),
            "{text}"
        );
        assert!(text.contains("GIT_SSH_COMMAND=ssh -x"), "{text}");
        assert!(text.contains("GIT_TERMINAL_PROMPT=0"), "{text}");
    }
}
