//! `request` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::MutationView;
use crate::domain::contract_request::Ruling;
use crate::ops::request::{RequestOutcome, Standing};

/// `data` of `request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequestView {
    /// The contract requests that are open, by task and number; or the one that was raised or
    /// decided.
    pub requests: Vec<ContractRequestView>,
    /// The ledger's side, when one was raised or decided.
    #[serde(flatten)]
    pub mutation: Option<MutationView>,
}

/// A contract change that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ContractRequestView {
    /// The task in whose name it is asked.
    pub task: String,
    /// Its number, which `--decide` names.
    pub number: u32,
    /// The contract.
    pub contract: String,
    /// The role that decides; none when policy has the contract no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What is needed, and why.
    pub text: String,
    /// By whom.
    pub by: String,
    /// What shows that they asked: `unsigned`, `committer`, `signed`, `verified`; in lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// When (RFC 3339).
    pub at: String,
    /// `open`, `deferred`, `accepted`, `rejected`.
    pub status: String,
    /// What was decided last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
}

/// What the owner of a contract decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DecisionView {
    /// `accept`, `defer`, `reject`.
    pub verdict: String,
    /// By whom.
    pub by: String,
    /// What shows that they decided; in lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Why.
    pub reason: String,
    /// The task that carries it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
}

impl From<&RequestOutcome> for RequestView {
    fn from(outcome: &RequestOutcome) -> Self {
        let requests = outcome.requests.iter();
        Self {
            requests: requests.map(ContractRequestView::from).collect(),
            mutation: outcome.mutation.as_ref().map(MutationView::from),
        }
    }
}

impl From<&Standing> for ContractRequestView {
    fn from(standing: &Standing) -> Self {
        let decision = standing.decision.as_ref();
        let status = match decision.map(|(_, decision)| decision.ruling) {
            None => "open",
            Some(Ruling::Defer) => "deferred",
            Some(Ruling::Accept) => "accepted",
            Some(Ruling::Reject) => "rejected",
        };
        Self {
            task: standing.task.to_string(),
            number: standing.number,
            contract: standing.request.contract.to_string(),
            owner: standing.owner.as_ref().map(ToString::to_string),
            text: standing.request.text.clone(),
            by: standing.by.to_string(),
            level: standing.level.map(|level| level.to_string()),
            at: standing.at.to_string(),
            status: status.to_owned(),
            decision: decision.map(|(by, decision)| DecisionView {
                verdict: decision.ruling.to_string(),
                by: by.to_string(),
                level: standing.decided_level.map(|level| level.to_string()),
                reason: decision.reason.clone(),
                task: decision.task.as_ref().map(ToString::to_string),
            }),
        }
    }
}
