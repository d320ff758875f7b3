//! `audit verify` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::Verdict;

/// `data` of `audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AuditView {
    /// How many ledger commits were decided again.
    pub commits: usize,
    /// Those that are not exactly what their request gives, oldest first.
    pub differing: Vec<DifferingView>,
}

/// A ledger commit that is not what its request gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DifferingView {
    /// The commit.
    pub commit: String,
    /// The word of its verb, as far as its message reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// The first fact that differs.
    pub difference: String,
}

impl AuditView {
    /// The result over so many commits.
    #[must_use]
    pub fn of(commits: usize, differing: &[Verdict]) -> Self {
        let differing = differing.iter().map(|verdict| DifferingView {
            commit: verdict.commit.to_string(),
            op: verdict.op.map(str::to_owned),
            difference: verdict
                .difference
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        });
        Self {
            commits,
            differing: differing.collect(),
        }
    }
}
