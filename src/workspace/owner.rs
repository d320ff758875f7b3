use std::fs;

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
}

impl Owner {
    /// This process.
    #[must_use]
    pub fn this(env: &Env) -> Self {
        Self {
            pid: env.pid,
            host: env.host.clone(),
            boot: boot(),
            start: start_of(env.pid).unwrap_or(0),
        }
    }

    /// Whether the process is certainly gone. One on another host never is: nobody here can tell.
    #[must_use]
    pub fn is_gone(&self, env: &Env) -> bool {
        if self.host != env.host {
            return false;
        }
        let boot = boot();
        if !boot.is_empty() && !self.boot.is_empty() && boot != self.boot {
            return true;
        }
        let pid = i32::try_from(self.pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        let Some(pid) = pid else {
            return true;
        };
        if rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH) {
            return true;
        }
        self.start != 0 && start_of(self.pid).is_some_and(|start| start != self.start)
    }
}

fn boot() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

/// Field 22 of `/proc/<pid>/stat`; the second one may hold spaces and parentheses.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_ascii_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::{dead_pid, env};

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
