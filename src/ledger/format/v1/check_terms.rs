//! `checks` and `gates.tier` of the policy: how checks run, and what they must show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::probe::ByteSize;
use crate::domain::policy::{CheckTerms, EditedChecks};
use crate::domain::task::{Risk, Tier};
use crate::domain::time::Span;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// How checks run, and what a branch may do to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckTermsEntry {
    /// The time that each command gets.
    pub timeout: Text<Span>,
    /// How much of its output is kept in memory; all of it is counted in the digest.
    pub output: Text<ByteSize>,
    /// What becomes of a check that the judged branch changed.
    pub edited: Text<EditedChecks>,
}

impl Default for CheckTermsEntry {
    fn default() -> Self {
        let terms = CheckTerms::default();
        Self {
            timeout: terms.timeout.into(),
            output: ByteSize(terms.output).into(),
            edited: terms.edited.into(),
        }
    }
}

/// Most output of one command that a check may keep in memory.
const MAX_OUTPUT: u64 = 16 << 20;

impl CheckTermsEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<CheckTerms> {
        let timeout = at.text("timeout", self.timeout)?;
        let ByteSize(output) = at.text("output", self.output)?;
        let edited = at.text("edited", self.edited)?;
        if timeout.seconds() == 0 {
            at.key("timeout").refuse("a `timeout` of no length");
        }
        if !(1024..=MAX_OUTPUT).contains(&output) {
            at.key("output")
                .refuse("an `output` that is not between 1KiB and 16MiB");
        }
        Some(CheckTerms {
            timeout,
            output,
            edited,
        })
    }
}

/// The evidence tier owed where the task names none, by the risk of the task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TierByRisk {
    /// Of a task of low risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<Text<Tier>>,
    /// Of a task of normal risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal: Option<Text<Tier>>,
    /// Of a task of high risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<Text<Tier>>,
}

impl TierByRisk {
    pub(super) fn convert(self, at: &Place<'_>) -> BTreeMap<Risk, Tier> {
        [
            (Risk::Low, at.maybe("low", self.low)),
            (Risk::Normal, at.maybe("normal", self.normal)),
            (Risk::High, at.maybe("high", self.high)),
        ]
        .into_iter()
        .filter_map(|(risk, tier)| Some((risk, tier?)))
        .collect()
    }
}
