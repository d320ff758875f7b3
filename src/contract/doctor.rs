//! `doctor` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

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
        }
    }
}
