//! `export` as programs see it: the form that `import --from laneway-json` reads back (X16).

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::snapshot::Origin;
use crate::ops::export::{ExportOutcome, ExportedPackage, ExportedTask, UnreadablePackage};

/// Version of the form; raised when a key is removed, renamed or means something else.
const VERSION: u32 = 1;

/// `data` of `export`, and the whole of what it writes without `--json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExportView {
    /// Version of this form.
    pub laneway_export: u32,
    /// When it was made (RFC 3339).
    pub exported_at: String,
    /// The project's name.
    pub project: String,
    /// The target commit that rules and plan were read from.
    pub rules: String,
    /// The ledger commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger_commit: Option<String>,
    /// The marker, as `governance/ledger.yaml` says it.
    pub marker: Value,
    /// The tasks: by id, then what archives hold.
    pub tasks: Vec<ExportedView>,
    /// States whose task no plan file defines, as their files say them.
    pub orphans: Vec<Value>,
    /// What the ledger says of workstations, as its files say it.
    pub workstations: Vec<Value>,
    /// The work packages, by path; of one path the target's first.
    pub packages: Vec<ExportedPackageView>,
    /// Packages that are there and could not be exported, by path.
    pub unreadable: Vec<UnreadablePackageView>,
}

/// One work package that could not be exported.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnreadablePackageView {
    /// Its path below `governance/`.
    pub path: String,
    /// Where it is: `target` or `ledger`.
    pub planned_on: String,
    /// Why not.
    pub why: String,
}

/// One work package.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExportedPackageView {
    /// Its path below `governance/`.
    pub path: String,
    /// Where it is planned: `target` or `ledger`.
    pub planned_on: String,
    /// The file as it is written: front matter and Markdown.
    pub text: String,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ExportedView {
    /// The definition as it is written in the plan, `x-` keys included; `schemas/queue.schema.json`
    /// describes it.
    pub definition: Map<String, Value>,
    /// Where it is planned: `target` or `ledger`.
    pub planned_on: String,
    /// The file.
    pub file: String,
    /// Whether it lies in an archive.
    pub archived: bool,
    /// The state with its records as the state file says it; left out: todo, epoch 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Value>,
}

fn planned_on(origin: Origin) -> String {
    let word = match origin {
        Origin::Target => "target",
        Origin::Ledger => "ledger",
    };
    word.to_owned()
}

impl From<&ExportedPackage> for ExportedPackageView {
    fn from(package: &ExportedPackage) -> Self {
        Self {
            path: package.path.clone(),
            planned_on: planned_on(package.planned_on),
            text: package.text.clone(),
        }
    }
}

impl From<&UnreadablePackage> for UnreadablePackageView {
    fn from(package: &UnreadablePackage) -> Self {
        Self {
            path: package.path.clone(),
            planned_on: planned_on(package.planned_on),
            why: package.why.clone(),
        }
    }
}

impl From<&ExportedTask> for ExportedView {
    fn from(task: &ExportedTask) -> Self {
        Self {
            definition: task.definition.clone(),
            planned_on: planned_on(task.planned_on),
            file: task.file.clone(),
            archived: task.archived,
            state: task.state.clone(),
        }
    }
}

impl From<&ExportOutcome> for ExportView {
    fn from(outcome: &ExportOutcome) -> Self {
        Self {
            laneway_export: VERSION,
            exported_at: outcome.at.to_string(),
            project: outcome.project.clone(),
            rules: outcome.rules.to_string(),
            ledger_commit: outcome.tip.map(|tip| tip.to_string()),
            marker: outcome.marker.clone(),
            tasks: outcome.tasks.iter().map(ExportedView::from).collect(),
            orphans: outcome.orphans.clone(),
            workstations: outcome.workstations.clone(),
            packages: outcome
                .packages
                .iter()
                .map(ExportedPackageView::from)
                .collect(),
            unreadable: outcome
                .unreadable
                .iter()
                .map(UnreadablePackageView::from)
                .collect(),
        }
    }
}
