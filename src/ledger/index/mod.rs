//! Caches in the user's cache directory: they speed reads up and decide nothing.
//!
//! Everything is keyed by the ids of the git objects it was read from, carries a version and
//! checksums, and is rebuilt when anything about it is odd: missing, foreign, torn, older or newer.
//! `validate`, `audit` and hooks never look here (DESIGN §7).
//!
//! - `plan-<key>`: all definitions of target and ledger. Heads in a table of fixed width, so that
//!   the order of the queue is known without reading a task; each task is read when a rule looks
//!   at it.
//! - `tasks-<blob>`: the tasks of one plan file, so that a change of another does not cost a parse
//!   of this one.
//! - `states`: the states by shard, and which completion commits the target is known to reach.

mod file;
mod plan;
mod row;
mod stage;
mod states;

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::env::Env;

pub use file::replace;
pub use plan::{PlanSource, open as open_plan, open_tasks, write as write_plan, write_tasks};
pub use states::{CachedShard, StatesCache};

/// The caches of one repository.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// The caches of the repository with this common directory; `None` where no cache directory
    /// is known.
    #[must_use]
    pub fn of(env: &Env, common_dir: &Path) -> Option<Self> {
        let digest = Sha256::digest(common_dir.as_os_str().as_encoded_bytes());
        let name: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Some(Self {
            dir: env.cache_dir()?.join("v1").join(name),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

#[cfg(test)]
mod tests;
