//! `audit attribution` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::audit::{Attributed, Silent};

/// `data` of `audit attribution`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttributionView {
    /// Every claim, oldest first.
    pub claims: Vec<AttributedView>,
    /// Failures that nobody was told of.
    pub findings: Vec<SilentView>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttributedView {
    /// The ledger commit.
    pub commit: String,
    /// When (RFC 3339).
    pub at: String,
    /// Of which task.
    pub task: String,
    /// Under which epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u32>,
    /// Who.
    pub agent: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// In which lane.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// The target commit whose rules judged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// `mapped`, `open map`, `outside the map`: what the identity map of that moment said.
    pub listed: String,
    /// What shows who made it: `unsigned`, `committer`, `signed`, `verified`.
    pub level: String,
}

/// A failure that nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SilentView {
    /// `outside-the-map`, `out-of-service`, `unprobed`, `endless-retry`, `silent-close`, `foreign`.
    pub fault: String,
    /// Of which task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The ledger commit that shows it; none where the ledger as it is does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The fact.
    pub message: String,
}

impl AttributionView {
    /// Claims and findings.
    #[must_use]
    pub fn of(claims: &[Attributed], findings: &[Silent]) -> Self {
        Self {
            claims: claims.iter().map(AttributedView::from).collect(),
            findings: findings.iter().map(SilentView::from).collect(),
        }
    }
}

impl From<&Attributed> for AttributedView {
    fn from(claim: &Attributed) -> Self {
        Self {
            commit: claim.commit.to_string(),
            at: claim.at.to_string(),
            task: claim.task.to_string(),
            epoch: claim.epoch.map(|epoch| epoch.0),
            agent: claim.agent.to_string(),
            workstation: claim.workstation.as_ref().map(ToString::to_string),
            lane: claim.lane.as_ref().map(ToString::to_string),
            rules: claim.rules.map(|rules| rules.to_string()),
            listed: claim.listed.word().to_owned(),
            level: claim.level.to_string(),
        }
    }
}

impl From<&Silent> for SilentView {
    fn from(silent: &Silent) -> Self {
        Self {
            fault: silent.fault.word().to_owned(),
            task: silent.task.as_ref().map(ToString::to_string),
            commit: silent.commit.map(|commit| commit.to_string()),
            message: silent.message.clone(),
        }
    }
}
