//! `review` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::domain::record::{Finding, Review};
use crate::ops::artifact::Document;
use crate::ops::late::LateReview;
use crate::ops::review::{ReviewOptions, ReviewOutcome};

/// `data` of `review`: with `--form` the response that is to be filled in, else what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ReviewAnswer {
    /// The form.
    Form(FormView),
    /// A verdict.
    Judged(Box<ReviewView>),
}

/// A review response that is to be filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FormView {
    /// The task.
    pub task: String,
    /// The commit that is judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The form: Markdown with YAML front matter.
    pub form: String,
}

impl From<&Document> for FormView {
    fn from(form: &Document) -> Self {
        Self {
            task: form.task.to_string(),
            commit: form.commit.map(|commit| commit.to_string()),
            form: form.text.clone(),
        }
    }
}

/// A verdict that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReviewView {
    /// The task.
    pub task: String,
    /// The verdict.
    pub verdict: String,
    /// Where the task is in its life now.
    pub status: String,
    /// What was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<VerdictView>,
    /// Remarks, such as a verdict from where the work was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

/// A verdict with all that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VerdictView {
    /// `accept`, `revise`, `reject` or `block`.
    pub verdict: String,
    /// The change it judges: the stable patch id of what was handed off.
    pub change_key: String,
    /// What was found; empty: nothing.
    pub findings: Vec<FindingView>,
    /// Risks that are left; empty: none.
    pub residual: Vec<String>,
    /// Paths whose change is approved by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approves: Vec<String>,
    /// Only the design of the work is there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub design_only: bool,
    /// Where it was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// On which host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// A finding of a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingView {
    /// `critical`, `major`, `minor` or `note`.
    pub severity: String,
    /// Where.
    pub file: String,
    /// What.
    pub text: String,
    /// What it does to users or to the work of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// What would mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl From<&Finding> for FindingView {
    fn from(found: &Finding) -> Self {
        Self {
            severity: found.severity.clone(),
            file: found.file.clone(),
            text: found.text.clone(),
            impact: found.impact.clone(),
            fix: found.fix.clone(),
        }
    }
}

impl From<&Review> for VerdictView {
    fn from(review: &Review) -> Self {
        Self {
            verdict: review.verdict.word().to_owned(),
            change_key: review.change_key.clone(),
            findings: review.findings.iter().map(FindingView::from).collect(),
            residual: review.residual.clone(),
            approves: review.approves.clone(),
            design_only: review.design_only,
            workstation: review.workstation.as_ref().map(ToString::to_string),
            host: review.host.clone(),
        }
    }
}

impl ReviewView {
    /// A review and what it did.
    #[must_use]
    pub fn of(review: &ReviewOptions, outcome: &ReviewOutcome) -> Self {
        Self {
            task: review.task.to_string(),
            verdict: review.verdict.to_string(),
            status: outcome
                .mutation
                .state(&review.task)
                .status()
                .word()
                .to_owned(),
            review: outcome.review.as_ref().map(VerdictView::from),
            notes: outcome.notes.clone(),
            mutation: (&outcome.mutation).into(),
        }
    }
}

/// A submission that waits too long for a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LateReviewView {
    /// `stale` or `escalated`.
    pub lateness: String,
    /// Since when it is (RFC 3339).
    pub since: String,
    /// The roles that the changed paths ask for; empty: anybody else who may review.
    pub reviewers: Vec<String>,
}

impl From<&LateReview> for LateReviewView {
    fn from(review: &LateReview) -> Self {
        Self {
            lateness: review.late.lateness.to_string(),
            since: review.late.since.to_string(),
            reviewers: review.reviewers.iter().map(ToString::to_string).collect(),
        }
    }
}
