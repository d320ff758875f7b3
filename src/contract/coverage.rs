//! `audit coverage` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::Uncovered;
use crate::domain::policy::Direct;
use crate::ops::coverage::CoverageOutcome;

/// `data` of `audit coverage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CoverageView {
    /// The commit of the target after which the range begins; none: at the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last commit of the range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What policy says of commits outside of tasks: `allow`, `listed`, `tasks_only`.
    pub direct: String,
    /// How many commits of the target's first-parent line were looked at.
    pub commits: usize,
    /// How many of them tasks cover.
    pub covered: usize,
    /// How many change rules and plan alone.
    pub governance: usize,
    /// The others, newest first.
    pub uncovered: Vec<UncoveredView>,
    /// The files of the target that one of those changed last, by path.
    pub files: Vec<UncoveredFileView>,
}

/// A commit that no task covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UncoveredView {
    /// The commit.
    pub commit: String,
    /// When it was written, by its author's clock (RFC 3339).
    pub at: String,
    /// Who wrote it, as anybody may write it.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// How many paths it changes.
    pub files: usize,
    /// `note`, `warning` or `error`, by the policy of its parent.
    pub severity: String,
}

/// A file that no task covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UncoveredFileView {
    /// Its path.
    pub path: String,
    /// The commit that changed it last.
    pub commit: String,
}

/// How bad a commit outside of tasks is.
#[must_use]
pub fn severity(direct: Direct) -> &'static str {
    match direct {
        Direct::Allow => "note",
        Direct::Listed => "warning",
        Direct::TasksOnly => "error",
    }
}

impl From<&CoverageOutcome> for CoverageView {
    fn from(outcome: &CoverageOutcome) -> Self {
        let found = &outcome.coverage;
        let uncovered = |one: &Uncovered| UncoveredView {
            commit: one.commit.to_string(),
            at: one.at.to_string(),
            author: one.author.clone(),
            subject: one.subject.clone(),
            files: one.files,
            severity: severity(one.direct).to_owned(),
        };
        let files = found.files.iter().map(|(path, commit)| UncoveredFileView {
            path: path.clone(),
            commit: commit.to_string(),
        });
        Self {
            from: found.from.map(|id| id.to_string()),
            to: found.to.map(|id| id.to_string()),
            direct: outcome.direct.word().to_owned(),
            commits: found.commits(),
            covered: found.covered,
            governance: found.governance,
            uncovered: found.uncovered.iter().map(uncovered).collect(),
            files: files.collect(),
        }
    }
}
