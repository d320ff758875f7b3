//! Where things stand in the tree of target and ledger (DESIGN §2).

use sha2::{Digest as _, Sha256};

use crate::domain::id::{TaskId, WorkstationName};

/// The directory of rules, plan and state.
pub const GOVERNANCE: &str = "governance";
/// The policy, on the target.
pub const POLICY: &str = "governance/policy.yaml";
/// The identity map, on the target.
pub const IDENTITY_MAP: &str = "governance/identity-map.yaml";
/// The workstation registry, on the target.
pub const WORKSTATIONS: &str = "governance/workstations.yaml";
/// The plan, on target and ledger.
pub const QUEUE: &str = "governance/queue.yaml";
/// More plan files, on target and ledger.
pub const QUEUE_DIR: &str = "governance/queue";
/// The marker, on the ledger.
pub const MARKER: &str = "governance/ledger.yaml";
/// The states, on the ledger.
pub const STATE_DIR: &str = "governance/state";
/// What the ledger says of workstations, on the ledger.
pub const STATION_DIR: &str = "governance/workstations";
/// The work packages, on target and ledger.
pub const PACKAGE_DIR: &str = "governance/packages";
/// Definitions and states of closed tasks, on the ledger.
pub const ARCHIVE_DIR: &str = "governance/archive";

/// The templates of a project, on the target.
pub const TEMPLATE_DIR: &str = "governance/templates";

/// The shard of a task's state: the first two hexadecimal digits of the SHA-256 of its id.
#[must_use]
pub fn shard(id: &TaskId) -> String {
    let digest = Sha256::digest(id.as_str().as_bytes());
    format!("{:02x}", digest[0])
}

/// The state file of a task.
#[must_use]
pub fn state(id: &TaskId) -> String {
    format!("{STATE_DIR}/{}/{id}.yaml", shard(id))
}

/// The task whose state file a path is; `None` for every other file.
#[must_use]
pub fn task_of_state(path: &str) -> Option<TaskId> {
    let (_, name) = path.rsplit_once('/')?;
    let id: TaskId = name.strip_suffix(".yaml")?.parse().ok()?;
    (state(&id) == path).then_some(id)
}

/// The file of a workstation on the ledger.
#[must_use]
pub fn station(name: &WorkstationName) -> String {
    format!("{STATION_DIR}/{name}.yaml")
}
