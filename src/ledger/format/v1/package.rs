//! The front matter of `governance/packages/<ID>.md`: a work package (G1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::glob::Glob;
use crate::domain::id::{AgentName, BranchName, PackageId, RoleName, TaskId};
use crate::domain::package::{Package, StopGate};
use crate::domain::task::Tier;
use crate::ledger::format::problem::{Problem, collect};
use crate::ledger::format::read::File;
use crate::ledger::format::text::{Command, Line, Text, texts};

/// The front matter of a work package; the eight sections follow in Markdown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// The id of the package: the stem of its file.
    pub id: Text<PackageId>,
    /// The task it belongs to.
    pub task: Text<TaskId>,
    /// Whose work it is.
    pub role: Text<RoleName>,
    /// Who is meant to do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Text<AgentName>>,
    /// The branch of the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Text<BranchName>>,
    /// Paths the work may touch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owned_paths: Vec<Text<Glob>>,
    /// Paths the work must not touch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forbidden_paths: Vec<Text<Glob>>,
    /// The evidence tier expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text<Tier>>,
    /// Shell commands that validate the work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<Text<Command>>,
    /// Whether the worker confirms the scope and waits for a go before it starts; by default it
    /// does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_gate: Option<Text<StopGate>>,
    /// Where the return goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_to: Option<Text<Line>>,
}

impl File for PackageFile {
    type Domain = Package;

    fn into_domain(self) -> Result<Package, Vec<Problem>> {
        collect(|at| {
            let id = at.text("id", self.id);
            let task = at.text("task", self.task);
            let role = at.text("role", self.role);
            let agent = at.maybe("agent", self.agent);
            let branch = at.maybe("branch", self.branch);
            let owned_paths = at.list("owned_paths", self.owned_paths);
            let forbidden_paths = at.list("forbidden_paths", self.forbidden_paths);
            let evidence = at.maybe("evidence", self.evidence);
            let validation: Vec<Command> = at.list("validation", self.validation);
            let stop_gate = at.maybe("stop_gate", self.stop_gate);
            let return_to = at.maybe("return_to", self.return_to);
            Some(Package {
                id: id?,
                task: task?,
                role: role?,
                agent,
                branch,
                owned_paths,
                forbidden_paths,
                evidence,
                validation: validation.into_iter().map(String::from).collect(),
                stop_gate: stop_gate.unwrap_or(StopGate::None),
                return_to: return_to.map(String::from),
            })
        })
    }
}

impl From<&Package> for PackageFile {
    fn from(package: &Package) -> Self {
        let stop = package.stop_gate;
        Self {
            id: package.id.clone().into(),
            task: package.task.clone().into(),
            role: package.role.clone().into(),
            agent: package.agent.clone().map(Text::from),
            branch: package.branch.clone().map(Text::from),
            owned_paths: texts(&package.owned_paths),
            forbidden_paths: texts(&package.forbidden_paths),
            evidence: package.evidence.map(Text::from),
            validation: package
                .validation
                .iter()
                .map(|c| Text::written(c))
                .collect(),
            stop_gate: (stop != StopGate::None).then(|| stop.into()),
            return_to: package.return_to.as_ref().map(|to| Text::written(to)),
        }
    }
}
