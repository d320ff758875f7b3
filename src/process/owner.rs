use serde::{Deserialize, Serialize};

use crate::env::Env;

/// The process that left a lock, a journal or a scratch worktree, so that the next one can tell
/// whether it still lives. A process id alone comes again: the boot and the start time go with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its id.
    pub pid: u32,
    /// Its host.
    pub host: String,
    /// The id of the boot it runs in; empty where the system tells none.
    pub boot: String,
    /// When it started, in ticks after the boot; 0 where the system does not tell.
    pub start: u64,
    /// The process namespace that its id is of; empty where the system tells none.
    #[serde(default)]
    pub namespace: String,
}

impl Owner {
    /// This process.
    #[must_use]
    pub fn this(env: &Env) -> Self {
        Self {
            pid: env.pid,
            host: env.host.clone(),
            boot: env.processes.boot(),
            start: env.processes.start_of(env.pid).unwrap_or(0),
            namespace: env.processes.namespace(),
        }
    }

    /// Whether the process is certainly gone. One on another host never is: nobody here can tell.
    #[must_use]
    pub fn is_gone(&self, env: &Env) -> bool {
        if self.host != env.host {
            return false;
        }
        // In another container the same number is another process, and that one cannot be seen.
        let here = env.processes.namespace();
        if !here.is_empty() && !self.namespace.is_empty() && here != self.namespace {
            return false;
        }
        let boot = env.processes.boot();
        if !boot.is_empty() && !self.boot.is_empty() && boot != self.boot {
            return true;
        }
        if !env.processes.exists(self.pid) {
            return true;
        }
        let start = env.processes.start_of(self.pid);
        self.start != 0 && start.is_some_and(|start| start != self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::{dead_pid, env};

    #[test]
    fn a_process_is_gone_when_its_id_is_free_or_someone_elses() {
        let env = env();
        let mine = Owner::this(&env);
        assert!(!mine.is_gone(&env));
        let dead = Owner {
            pid: dead_pid(),
            start: 0,
            ..mine.clone()
        };
        assert!(dead.is_gone(&env));
        let reused = Owner {
            start: mine.start + 1,
            ..mine.clone()
        };
        assert!(reused.is_gone(&env));
        let rebooted = Owner {
            boot: "another".into(),
            ..mine
        };
        assert!(rebooted.is_gone(&env));
        let elsewhere = Owner {
            host: "elsewhere".into(),
            ..dead
        };
        assert!(!elsewhere.is_gone(&env));
    }
}
