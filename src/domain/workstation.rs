//! Named, versioned execution contexts: the workstation registry as a value.

use std::collections::BTreeMap;

use super::id::{TaskType, WorkstationName};
use super::task::words;
use super::time::Timestamp;

/// `governance/workstations.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    /// Pattern of names, a regular expression with the groups `scope` and `suffix`.
    pub naming: Option<String>,
    /// Used in open mode when a claim names none.
    pub default: Option<WorkstationName>,
    /// All of them, by name.
    pub workstations: BTreeMap<WorkstationName, Workstation>,
}

/// One execution context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workstation {
    /// Raised when its definition changes.
    pub version: u32,
    /// Task types it takes; empty: any.
    pub task_types: Vec<TaskType>,
    /// Whether it takes claims.
    pub state: WorkstationState,
    /// Reusable or single use.
    pub lifecycle: WorkstationLifecycle,
    /// Host names it may run on; empty: any.
    pub hosts: Vec<String>,
    /// Most tasks in progress at once; none: no limit.
    pub wip_limit: Option<u32>,
    /// Capability names, matched with a task's `requires.tools`.
    pub capabilities: Vec<String>,
    /// Dated attestations of licences.
    pub licenses: Vec<License>,
    /// Readiness probes.
    pub probes: Vec<Probe>,
}

words! {
    /// Whether a workstation takes claims.
    WorkstationState {
        /// It does.
        Ready = "ready",
        /// Not now.
        Quarantined = "quarantined",
        /// Never again.
        Retired = "retired",
    }
}

words! {
    /// How often a workstation is used.
    WorkstationLifecycle {
        /// Task after task.
        Reusable = "reusable",
        /// One task, then retired.
        SingleUse = "single_use",
    }
}

/// A dated attestation that a licence is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// Name, matched with `requires.licenses`.
    pub name: String,
    /// Whether it was there.
    pub available: bool,
    /// When that was seen.
    pub attested_at: Option<Timestamp>,
    /// Who saw it.
    pub by: Option<String>,
    /// How.
    pub how: Option<String>,
}

/// A readiness probe: a name and what to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Unique within the workstation.
    pub name: String,
    /// What to look at.
    pub kind: ProbeKind,
}

/// What a probe looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeKind {
    /// A program on the path, with a version requirement such as `>=1.89`.
    Tool {
        /// Program name.
        tool: String,
        /// Requirement.
        version: Option<String>,
    },
    /// An HTTP address that answers 200, with conditions on its JSON.
    Http {
        /// Address.
        url: String,
        /// Dotted path to accepted values.
        json: BTreeMap<String, Vec<String>>,
    },
    /// Free disk space in bytes at a path.
    DiskFree {
        /// Least free space, bytes.
        bytes: u64,
        /// Where.
        path: String,
    },
    /// A TCP port that accepts.
    Tcp(String),
    /// An environment variable that is set.
    Env(String),
    /// A command that exits 0; needs trust.
    Command(String),
}
