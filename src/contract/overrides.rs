//! `audit overrides` as programs see it (G19).

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::overrides::{OverrideTold, TargetTold};

/// `data` of `audit overrides`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverridesView {
    /// The overrides, oldest first.
    pub overrides: Vec<OverrideView>,
    /// The rewritten targets that a person went on with, oldest first; of one task none are told.
    pub targets: Vec<TargetView>,
}

/// A rewritten target that a person went on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TargetView {
    /// The ledger commit that says so.
    pub commit: String,
    /// When (RFC 3339).
    pub at: String,
    /// Who answers for it.
    pub by: String,
    /// What shows that they did: `unsigned`, `committer`, `signed`, `verified`.
    pub level: String,
    /// The last rules before.
    pub given_up: String,
    /// The target from then on.
    pub target: String,
    /// How many ledger commits were judged by rules that are not on it.
    pub judged: usize,
    /// Why.
    pub reason: String,
}

impl From<&TargetTold> for TargetView {
    fn from(told: &TargetTold) -> Self {
        Self {
            commit: told.commit.to_string(),
            at: told.at.to_string(),
            by: told.by.to_string(),
            level: told.level.to_string(),
            given_up: told.given_up.to_string(),
            target: told.target.to_string(),
            judged: told.judged,
            reason: told.reason.clone(),
        }
    }
}

/// One override.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverrideView {
    /// The task.
    pub task: String,
    /// The number of its record.
    pub number: u32,
    /// When (RFC 3339).
    pub at: String,
    /// Who went by it.
    pub by: String,
    /// What shows that they did: `unsigned`, `committer`, `signed`, `verified`; none where history
    /// is cut off before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// What was overruled: `gate`, `holder` or `proof`.
    pub what: String,
    /// Who answers for it.
    pub approved_by: String,
    /// What shows that they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_level: Option<String>,
    /// The exception, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<u32>,
    /// The fact.
    pub fact: String,
}

impl OverridesView {
    /// Of these.
    #[must_use]
    pub fn of(told: &[OverrideTold], targets: &[TargetTold]) -> Self {
        let overrides = told.iter().map(|one| OverrideView {
            task: one.task.to_string(),
            number: one.number,
            at: one.at.to_string(),
            by: one.by.to_string(),
            level: one.level.map(|level| level.to_string()),
            what: one.what.word().to_owned(),
            approved_by: one.approved_by.to_string(),
            approved_level: one.approved_level.map(|level| level.to_string()),
            exception: one.exception,
            fact: one.fact.clone(),
        });
        Self {
            overrides: overrides.collect(),
            targets: targets.iter().map(TargetView::from).collect(),
        }
    }
}
