//! `audit verify` as programs see it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::Verdict;
use crate::audit::remembered::Remembered;
use crate::ops::verify::VerifyOutcome;

/// `data` of `audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditView {
    /// How many ledger commits were decided again.
    pub commits: usize,
    /// Those that are not exactly what their request gives, oldest first.
    pub differing: Vec<DifferingView>,
    /// How many commits show each level of who made them: `unsigned`, `committer`, `signed`,
    /// `verified`; of those that are remembered, as they did then.
    pub levels: BTreeMap<String, usize>,
    /// What this user's last run decided, and this one did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<RememberedView>,
    /// What an earlier run decided and the ledger no longer holds: its history was rewritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewritten: Option<RememberedView>,
    /// The ledger commit that was seen here and is not in the ledger any more: it was rewound or
    /// replaced, and nobody has accepted that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

/// A part of history, from the first commit, that was decided before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RememberedView {
    /// Its last commit.
    pub commit: String,
    /// How many commits it has.
    pub commits: usize,
}

/// A ledger commit that is not what its request gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DifferingView {
    /// The commit.
    pub commit: String,
    /// The word of its verb, as far as its message reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// The level of who made it, as far as its message reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The first fact that differs.
    pub difference: String,
}

impl From<&Remembered> for RememberedView {
    fn from(known: &Remembered) -> Self {
        Self {
            commit: known.commit.to_string(),
            commits: known.count,
        }
    }
}

impl From<&Verdict> for DifferingView {
    fn from(verdict: &Verdict) -> Self {
        let difference = verdict.difference.as_ref().map(ToString::to_string);
        Self {
            commit: verdict.commit.to_string(),
            op: verdict.op.map(str::to_owned),
            level: verdict.level.map(|level| level.to_string()),
            difference: difference.unwrap_or_default(),
        }
    }
}

impl From<&VerifyOutcome> for AuditView {
    fn from(outcome: &VerifyOutcome) -> Self {
        let levels = outcome.levels.iter();
        Self {
            commits: outcome.decided,
            differing: outcome.differing.iter().map(DifferingView::from).collect(),
            levels: levels.map(|(level, n)| (level.to_string(), *n)).collect(),
            remembered: outcome.remembered.as_ref().map(RememberedView::from),
            rewritten: outcome.rewritten.as_ref().map(RememberedView::from),
            lost: outcome.lost.map(|lost| lost.to_string()),
        }
    }
}
