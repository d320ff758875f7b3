//! `audit overrides` as programs see it (G19).

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::overrides::OverrideTold;

/// `data` of `audit overrides`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverridesView {
    /// The overrides, oldest first.
    pub overrides: Vec<OverrideView>,
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
    /// What was overruled: `gate`, `holder` or `proof`.
    pub what: String,
    /// Who answers for it.
    pub approved_by: String,
    /// The exception, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<u32>,
    /// The fact.
    pub fact: String,
}

impl From<&[OverrideTold]> for OverridesView {
    fn from(told: &[OverrideTold]) -> Self {
        let overrides = told.iter().map(|one| OverrideView {
            task: one.task.to_string(),
            number: one.number,
            at: one.at.to_string(),
            by: one.by.to_string(),
            what: one.what.word().to_owned(),
            approved_by: one.approved_by.to_string(),
            exception: one.exception,
            fact: one.fact.clone(),
        });
        Self {
            overrides: overrides.collect(),
        }
    }
}
