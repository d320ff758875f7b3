//! What `governance/policy.yaml` says of reviews: how many by risk, who owns the cycle, from where,
//! and how long one may wait.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::policy::some_time;
use crate::domain::policy::{Independence, ReviewMode, ReviewTerms};
use crate::domain::task::Risk;
use crate::domain::time::Span;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::{Lexeme, Rejected, Text};

/// Most reviewers that a risk can ask for.
const MOST: u32 = 9;

/// How many others accept: `none`, `required` for one, or a number from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewWeight(pub u32);

impl fmt::Display for ReviewWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("none"),
            1 => f.write_str("required"),
            count => count.fmt(f),
        }
    }
}

impl Lexeme for ReviewWeight {
    const NUMBER: bool = true;

    fn name() -> String {
        "ReviewWeight".to_owned()
    }

    fn schema() -> Value {
        json!({"anyOf": [
            {"type": "string", "enum": ["none", "required"]},
            {"type": "integer", "minimum": 1, "maximum": MOST},
        ]})
    }

    fn read(text: &str) -> Result<Self, Rejected> {
        match text {
            "none" => return Ok(Self(0)),
            "required" => return Ok(Self(1)),
            _ => {}
        }
        let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
        count.map(Self).ok_or_else(|| {
            let text_shown = text.escape_debug();
            let message = format!(
                "`{text_shown}` is not one of `none`, `required`, a number from 1 to {MOST}"
            );
            Rejected::new(text, message)
        })
    }
}

/// How many accepting reviews are owed, by the risk of the task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewByRisk {
    /// Of a task of low risk.
    pub low: Text<ReviewWeight>,
    /// Of a task of normal risk.
    pub normal: Text<ReviewWeight>,
    /// Of a task of high risk.
    pub high: Text<ReviewWeight>,
}

impl Default for ReviewByRisk {
    fn default() -> Self {
        Self {
            low: ReviewWeight(0).into(),
            normal: ReviewWeight(0).into(),
            high: ReviewWeight(1).into(),
        }
    }
}

impl ReviewByRisk {
    pub(super) fn convert(self, at: &Place<'_>) -> BTreeMap<Risk, u32> {
        let review = [
            (Risk::Low, at.text("low", self.low)),
            (Risk::Normal, at.text("normal", self.normal)),
            (Risk::High, at.text("high", self.high)),
        ];
        review
            .into_iter()
            .filter_map(|(risk, weight)| Some((risk, weight?.0)))
            .collect()
    }
}

/// Whether work is reviewed before it lands, from where, and how long a review may wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReviewTermsEntry {
    /// Who owns the cycle: the agent that does the work, or others who accept it first.
    pub mode: Text<ReviewMode>,
    /// From where a reviewer judges, where the identity map is enforced.
    pub independence: Text<Independence>,
    /// How long a submission waits for a verdict before it is called stale.
    pub stale_after: Text<Span>,
    /// How long until it is called escalated.
    pub escalate_after: Text<Span>,
}

impl Default for ReviewTermsEntry {
    fn default() -> Self {
        let terms = ReviewTerms::default();
        Self {
            mode: terms.mode.into(),
            independence: terms.independence.into(),
            stale_after: terms.stale_after.into(),
            escalate_after: terms.escalate_after.into(),
        }
    }
}

impl ReviewTermsEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<ReviewTerms> {
        let mode = at.text("mode", self.mode);
        let independence = at.text("independence", self.independence);
        let stale_after = some_time(at, "stale_after", self.stale_after);
        let escalate_after = some_time(at, "escalate_after", self.escalate_after);
        let (stale_after, escalate_after) = (stale_after?, escalate_after?);
        if escalate_after < stale_after {
            at.key("escalate_after")
                .refuse("`escalate_after` comes before `stale_after`");
        }
        Some(ReviewTerms {
            mode: mode?,
            independence: independence?,
            stale_after,
            escalate_after,
        })
    }
}
