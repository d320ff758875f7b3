//! `merge` and `complete` as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::UnmetView;
use super::task::CheckView;
use crate::domain::id::TaskId;
use crate::domain::refusal::Refusal;
use crate::ops::merge::{CompleteOutcome, Landed, MergeOutcome};

/// `data` of `merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MergeView {
    /// What was tried, in that order.
    pub landed: Vec<LandedView>,
    /// With `--all`: what was refused.
    pub refused: Vec<RefusedView>,
}

/// What came of one task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LandedView {
    /// The task.
    pub task: String,
    /// `done`, `would`, `would_after`, `conflict`, `behind`, `checks_failed`, `published`.
    pub outcome: String,
    /// The commit that is, or would be, on the target; of `published` the branch's tip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The target before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onto: Option<String>,
    /// Checks that were run for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckView>,
    /// Commands that would be run for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<String>,
    /// The tasks of the same rehearsal that would land before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Paths in conflict with the target, or on whose newest version it is rebased first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// The branch that was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Remarks, such as a checkout left behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A task that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusedView {
    /// The task.
    pub task: String,
    /// What was refused, and because of which fact.
    pub message: String,
    /// The gate that refused.
    pub gate: String,
    /// All conditions that do not hold.
    pub unmet: Vec<UnmetView>,
}

impl From<&MergeOutcome> for MergeView {
    fn from(outcome: &MergeOutcome) -> Self {
        let landed = outcome.landed.iter();
        let refused = outcome.refused.iter();
        Self {
            landed: landed.map(|(id, l)| LandedView::of(id, l)).collect(),
            refused: refused.map(|(id, r)| RefusedView::of(id, r)).collect(),
        }
    }
}

impl LandedView {
    fn of(id: &TaskId, landed: &Landed) -> Self {
        let outcome = match landed {
            Landed::Done { .. } => "done",
            Landed::Would { .. } => "would",
            Landed::WouldAfter { .. } => "would_after",
            Landed::Conflict { .. } => "conflict",
            Landed::Behind { .. } => "behind",
            Landed::ChecksFailed { .. } => "checks_failed",
            Landed::Published { .. } => "published",
        };
        let mut view = Self {
            task: id.to_string(),
            outcome: outcome.to_owned(),
            ..Self::default()
        };
        match landed {
            Landed::Done {
                commit,
                onto,
                checks,
                notes,
            } => {
                view.commit = Some(commit.to_string());
                view.onto = Some(onto.to_string());
                view.checks = checks.iter().map(CheckView::from).collect();
                view.notes.clone_from(notes);
            }
            Landed::Would { commit, checks } => {
                view.commit = Some(commit.to_string());
                view.owed.clone_from(checks);
            }
            Landed::WouldAfter { others } => {
                view.after = others.iter().map(ToString::to_string).collect()
            }
            Landed::Conflict { paths } | Landed::Behind { paths } => view.paths.clone_from(paths),
            Landed::ChecksFailed { checks } => {
                view.checks = checks.iter().map(CheckView::from).collect();
            }
            Landed::Published { branch, commit } => {
                view.branch = Some(branch.clone());
                view.commit = Some(commit.to_string());
            }
        }
        view
    }
}

impl RefusedView {
    fn of(id: &TaskId, refusal: &Refusal) -> Self {
        Self {
            task: id.to_string(),
            message: refusal.to_string(),
            gate: refusal.gate().to_owned(),
            unmet: refusal.unmet.iter().map(UnmetView::from).collect(),
        }
    }
}

/// `data` of `complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CompleteView {
    /// The task.
    pub task: String,
    /// Its commit on the target.
    pub commit: String,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: super::plan::MutationView,
}

impl From<&CompleteOutcome> for CompleteView {
    fn from(outcome: &CompleteOutcome) -> Self {
        Self {
            task: outcome.task.to_string(),
            commit: outcome.commit.to_string(),
            mutation: (&outcome.mutation).into(),
        }
    }
}
