//! The front matter of a work package (G1).

use super::glob::Glob;
use super::id::{AgentName, BranchName, PackageId, RoleName, TaskId};
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
