//! The return artifact of a task (G11, G23): what a worker hands to a reviewer, in one file. The
//! front matter is this; the body is for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use super::record::RootCauseEntry;
use crate::domain::id::{AgentName, LaneName, ObjectId, TaskId};
use crate::domain::state::Status;
use crate::domain::time::Timestamp;
use crate::ledger::artifact::{self, list, paragraph, table};
use crate::ledger::format::problem::{Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::Text;
use crate::ledger::yaml::TreeError;

/// The template of the body, unless `governance/templates/return.md` of the target is another.
pub const TEMPLATE: &str = include_str!("../../../../templates/return.md");

/// The return artifact of a task. `handoff --from` takes `next`, `risks`, `not_proven` and
/// `root_cause` of it; everything else is what git and the ledger say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnFile {
    /// Version of the format.
    pub version: u32,
    /// The task.
    pub task: Text<TaskId>,
    /// Its title.
    #[serde(default, skip_serializing_if = "is_default")]
    pub title: String,
    /// Where it is in its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Text<Status>>,
    /// What it depends on, and whether that is on the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<DependencyEntry>,
    /// The lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Text<LaneName>>,
    /// The epoch of the claim.
    #[serde(default)]
    pub epoch: u32,
    /// The commit handed off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Text<ObjectId>>,
    /// The stable patch id of the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_key: Option<String>,
    /// The commits, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<Text<ObjectId>>,
    /// The files changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The next slice.
    #[serde(default)]
    pub next: String,
    /// Risks and blockers.
    #[serde(default)]
    pub risks: Vec<String>,
    /// What the work does not prove.
    #[serde(default)]
    pub not_proven: Vec<String>,
    /// The root cause of a defect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root_cause: Option<RootCauseEntry>,
    /// Changed files that no finding of the review names that sent the work back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<String>,
    /// The commands that ran, by whom they are asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<RanEntry>,
    /// What happened, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<HappenedEntry>,
}

/// A task that this one depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DependencyEntry {
    /// Which.
    pub task: Text<TaskId>,
    /// Whether it is on the target.
    pub landed: bool,
}

/// A command that ran.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RanEntry {
    /// Who asks for it: `task`, `role`, `paths` or `nobody`.
    pub class: String,
    /// The command.
    pub command: String,
    /// Its exit code; none when a signal or the time limit ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The milliseconds it took.
    pub millis: u64,
    /// The commit it ran on.
    pub commit: Text<ObjectId>,
    /// On which host.
    pub host: String,
    /// Whether it ran in a temporary worktree that holds the commit and nothing else.
    #[serde(default, skip_serializing_if = "is_default")]
    pub clean: bool,
}

/// One row of the state table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HappenedEntry {
    /// When.
    pub at: Text<Timestamp>,
    /// By whom.
    pub by: Text<AgentName>,
    /// Under which epoch.
    pub epoch: u32,
    /// What.
    pub what: String,
}

impl File for ReturnFile {
    type Domain = Self;

    fn into_domain(self) -> Result<Self, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let task = at.text("task", self.task.clone());
            let _: Option<Status> = at.maybe("status", self.status.clone());
            let _: Option<LaneName> = at.maybe("lane", self.lane.clone());
            let _: Option<ObjectId> = at.maybe("commit", self.commit.clone());
            let _: Vec<ObjectId> = at.list("commits", self.commits.clone());
            task.map(|_| self)
        })
    }
}

impl ReturnFile {
    /// The whole document, its body drawn by `template`.
    ///
    /// # Errors
    /// When it has no form as YAML.
    pub fn render(&self, template: &str) -> Result<String, TreeError> {
        artifact::render(self, template, &self.names())
    }

    fn names(&self) -> Vec<(&'static str, String)> {
        let some = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
        let needs = self.dependencies.iter().map(|need| {
            let landed = if need.landed { "landed" } else { "not landed" };
            format!("{} ({landed})", shown(&need.task))
        });
        let needs: Vec<String> = needs.collect();
        let commits: Vec<String> = self.commits.iter().map(shown).collect();
        let checks = self.checks.iter().map(|ran| {
            let exit = ran
                .exit
                .map_or_else(|| "ended".to_owned(), |exit| exit.to_string());
            let place = if ran.clean { "clean" } else { "lane" };
            vec![
                ran.class.clone(),
                format!("`{}`", ran.command),
                exit,
                format!("{} ms", ran.millis),
                format!("{place} on {}", ran.host),
                shown(&ran.commit),
            ]
        });
        let heads = ["asked by", "command", "exit", "took", "where", "commit"];
        let state = self.state.iter().map(|row| {
            let (at, by) = (shown(&row.at), shown(&row.by));
            vec![at, by, row.epoch.to_string(), row.what.clone()]
        });
        let state: Vec<Vec<String>> = state.collect();
        vec![
            ("task", shown(&self.task)),
            ("title", paragraph(&self.title)),
            ("status", some(self.status.as_ref().map(shown))),
            ("lane", some(self.lane.as_ref().map(shown))),
            ("epoch", self.epoch.to_string()),
            (
                "depends_on",
                some((!needs.is_empty()).then(|| needs.join(", "))),
            ),
            ("commits", list(&commits)),
            ("files", list(&self.files)),
            ("checks", table(&heads, &checks.collect::<Vec<_>>())),
            (
                "root_cause",
                self.root_cause.as_ref().map_or("None.".to_owned(), cause),
            ),
            ("risks", list(&self.risks)),
            ("not_proven", list(&self.not_proven)),
            ("outside", list(&self.outside)),
            ("next", paragraph(&self.next)),
            ("state", table(&["at", "by", "epoch", "what"], &state)),
        ]
    }
}

fn cause(cause: &RootCauseEntry) -> String {
    paragraph(&format!(
        "{}, in {}; shown by `{}`.",
        cause.text, cause.layer, cause.proof
    ))
}

/// A value as its file shows it.
pub(super) fn shown<T: std::fmt::Display>(text: &Text<T>) -> String {
    match text.value() {
        Some(value) => value.to_string(),
        None => String::new(),
    }
}
