//! The review response (G11): a form with what is judged filled in, which the reviewer completes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use super::record::FindingEntry;
use super::returned::shown;
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::record::{Finding, Verdict};
use crate::ledger::artifact::{self, list};
use crate::ledger::format::problem::{Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::Text;
use crate::ledger::yaml::TreeError;

/// The template of the body, unless `governance/templates/review.md` of the target is another.
pub const TEMPLATE: &str = include_str!("../../../../templates/review.md");

/// The review response of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewForm {
    /// Version of the format.
    pub version: u32,
    /// The task.
    pub task: Text<TaskId>,
    /// Its title.
    #[serde(default, skip_serializing_if = "is_default")]
    pub title: String,
    /// The commit that is judged.
    pub commit: Text<ObjectId>,
    /// The stable patch id of the change.
    #[serde(default, skip_serializing_if = "is_default")]
    pub change_key: String,
    /// The files changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What is owed before it lands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<String>,
    /// Changed files that no finding of the last review names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// What the worker does not claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_proven: Vec<String>,
    /// The verdict; to be filled in.
    #[serde(default)]
    pub verdict: Option<Text<Verdict>>,
    /// What was found.
    #[serde(default)]
    pub findings: Vec<FindingEntry>,
    /// Nothing was found.
    #[serde(default)]
    pub no_findings: bool,
    /// Risks that are left.
    #[serde(default)]
    pub residual: Vec<String>,
    /// Paths whose change is approved by name.
    #[serde(default)]
    pub approves: Vec<String>,
    /// Only the design of the work is there.
    #[serde(default)]
    pub design_only: bool,
    /// Where it was judged.
    #[serde(default)]
    pub workstation: Option<Text<WorkstationName>>,
}

/// A response that is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The task.
    pub task: TaskId,
    /// The commit that was judged.
    pub commit: ObjectId,
    /// The verdict; none: it is not filled in.
    pub verdict: Option<Verdict>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Nothing was found.
    pub no_findings: bool,
    /// Risks that are left.
    pub residual: Vec<String>,
    /// Paths whose change is approved by name.
    pub approves: Vec<String>,
    /// Only the design of the work is there.
    pub design_only: bool,
    /// Where it was judged.
    pub workstation: Option<WorkstationName>,
}

impl File for ReviewForm {
    type Domain = Filled;

    fn into_domain(self) -> Result<Filled, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let task = at.text("task", self.task);
            let commit = at.text("commit", self.commit);
            let verdict = at.maybe("verdict", self.verdict);
            let workstation = at.maybe("workstation", self.workstation);
            let findings = at.items("findings", self.findings, |at, one| one.convert(at));
            Some(Filled {
                task: task?,
                commit: commit?,
                verdict,
                findings,
                no_findings: self.no_findings,
                residual: self.residual,
                approves: self.approves,
                design_only: self.design_only,
                workstation,
            })
        })
    }
}

impl ReviewForm {
    /// The whole document, its body drawn by `template`.
    ///
    /// # Errors
    /// When it has no form as YAML.
    pub fn render(&self, template: &str) -> Result<String, TreeError> {
        let names = [
            ("task", shown(&self.task)),
            ("title", self.title.clone()),
            ("commit", shown(&self.commit)),
            ("change_key", self.change_key.clone()),
            ("files", list(&self.files)),
            ("owed", list(&self.owed)),
            ("outside", list(&self.outside)),
            ("not_proven", list(&self.not_proven)),
        ];
        artifact::render(self, template, &names)
    }
}
