//! The front matter of a work package (G1).

use std::fmt;
use std::sync::Arc;

use super::glob::Glob;
use super::id::{AgentName, BranchName, PackageId, RoleName, TaskId};
use super::plan::Origin;
use super::task::{Tier, words};

/// What the front matter of `packages/<ID>.md` says; the body is prose in eight sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The stem of its file.
    pub id: PackageId,
    /// The task it belongs to.
    pub task: TaskId,
    /// Whose work.
    pub role: RoleName,
    /// Who is meant to do it, if anyone in particular.
    pub agent: Option<AgentName>,
    /// The branch of the work.
    pub branch: Option<BranchName>,
    /// Paths the work may touch.
    pub owned_paths: Vec<Glob>,
    /// Paths the work must not touch.
    pub forbidden_paths: Vec<Glob>,
    /// Evidence tier expected.
    pub evidence: Option<Tier>,
    /// Shell commands that validate the work.
    pub validation: Vec<String>,
    /// Whether the worker stops before it starts.
    pub stop_gate: StopGate,
    /// Where the return goes.
    pub return_to: Option<String>,
}

words! {
    /// Whether a worker stops before it starts (G4).
    StopGate {
        /// It goes ahead.
        None = "none",
        /// It confirms the scope and waits for a go.
        ScopeConfirmation = "scope_confirmation",
    }
}

/// Work packages that are read when they are looked at: a claim reads one, not thousands.
pub trait PackageSource: fmt::Debug + Send + Sync {
    /// The package at a path below `governance/`, for a task that a branch defines: there, else on
    /// the target.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    fn read(&self, origin: Origin, path: &str) -> Result<Arc<Package>, String>;

    /// Whether something is there, whether it reads or not.
    fn is_there(&self, origin: Origin, path: &str) -> bool;
}

/// The eight sections of a work package (G1), by their headings.
pub const SECTIONS: [&str; 8] = [
    "Identity and role",
    "Scope and owned surfaces",
    "Forbidden surfaces",
    "Workspace",
    "Expected evidence tier",
    "Validation commands",
    "Stop gate",
    "Return and review path",
];
