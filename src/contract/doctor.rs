//! `doctor` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::preflight::PreflightView;
use crate::domain::id::ObjectId;
use crate::ops::accept::Accepted;
use crate::ops::doctor::{Cure, Finding, Mended};

/// `data` of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoctorView {
    /// What was found.
    pub findings: Vec<AilmentView>,
    /// How many of them were repaired now.
    pub fixed: usize,
    /// How many are left that are wrong: errors and warnings, not notes.
    pub left: usize,
    /// The rewritten history that was accepted, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<AcceptedView>,
    /// With `--role`: what stands between the role and a claim. Then only its failures make the
    /// answer negative.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightView>,
}

/// A rewritten history that a person goes on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AcceptedView {
    /// The ref.
    #[serde(rename = "ref")]
    pub name: String,
    /// Where it stood before, as far as it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Where it stands; none when it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// The ref that keeps what it stood at before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// The ledger commit that records it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether it was done; a rehearsal does nothing.
    pub carried_out: bool,
}

impl From<&Accepted> for AcceptedView {
    fn from(accepted: &Accepted) -> Self {
        let text = |id: &ObjectId| id.to_string();
        let mutation = accepted.mutation.as_ref();
        Self {
            name: accepted.name.clone(),
            before: accepted.before.as_ref().map(text),
            now: accepted.now.as_ref().map(text),
            kept: accepted.kept.clone(),
            commit: mutation.and_then(|m| m.commit.as_ref().map(text)),
            carried_out: mutation.is_none_or(|m| m.carried_out),
        }
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AilmentView {
    /// Which ailment, such as `stale-lock`.
    pub ailment: String,
    /// `error` (it stops commands, or the ledger says what is not so), `warning`, or `note` (nothing
    /// is wrong).
    pub severity: String,
    /// The fact.
    pub what: String,
    /// The path, ref or task.
    pub place: String,
    /// Why it is judged so.
    pub why: String,
    /// What `doctor --fix` does about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<String>,
    /// What a person does about it, where doctor does nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What was done: it is repaired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
    /// Why the repair was not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
}

impl AilmentView {
    /// A finding, with what came of its repair if that was tried.
    #[must_use]
    pub fn of(finding: &Finding, mended: Option<&Mended>) -> Self {
        let (repair, remedy) = match &finding.cure {
            Cure::Repair { plan, .. } => (Some(plan.clone()), None),
            Cure::Hand(remedy) => (None, Some(remedy.clone())),
        };
        let (fixed, kept) = match mended {
            Some(Mended::Done(what)) => (Some(what.clone()), None),
            Some(Mended::Kept(why)) => (None, Some(why.clone())),
            None => (None, None),
        };
        Self {
            ailment: finding.ailment.to_owned(),
            severity: finding.severity.to_string(),
            what: finding.what.clone(),
            place: finding.place.clone(),
            why: finding.why.clone(),
            repair,
            remedy,
            fixed,
            kept,
        }
    }
}

impl DoctorView {
    /// The findings and their repairs, counted.
    #[must_use]
    pub fn of(findings: Vec<AilmentView>) -> Self {
        let fixed = findings.iter().filter(|one| one.fixed.is_some()).count();
        let wrong = findings.iter().filter(|one| one.severity != "note");
        let left = wrong.filter(|one| one.fixed.is_none()).count();
        Self {
            findings,
            fixed,
            left,
            accepted: None,
            preflight: None,
        }
    }
}
