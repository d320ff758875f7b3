//! Contract requests and decisions, alike in records and in requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::contract_request::{ContractRequest, Decision, Ruling};
use crate::domain::id::{ContractName, TaskId};
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// A contract change that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractRequestEntry {
    /// Which contract.
    pub contract: Text<ContractName>,
    /// What is needed, and why.
    pub text: String,
}

/// What the owner of a contract decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionEntry {
    /// The number of the record that asks.
    #[schemars(range(min = 1))]
    pub request: u32,
    /// Yes, later, or no.
    pub verdict: Text<Ruling>,
    /// Why.
    pub reason: String,
    /// The task that carries it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Text<TaskId>>,
}

impl ContractRequestEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<ContractRequest> {
        Some(ContractRequest {
            contract: at.text("contract", self.contract)?,
            text: self.text,
        })
    }
}

impl From<&ContractRequest> for ContractRequestEntry {
    fn from(request: &ContractRequest) -> Self {
        Self {
            contract: request.contract.clone().into(),
            text: request.text.clone(),
        }
    }
}

impl DecisionEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Decision> {
        let ruling = at.text("verdict", self.verdict);
        let task = match self.task {
            None => None,
            Some(task) => Some(at.text("task", task)?),
        };
        Some(Decision {
            request: self.request,
            ruling: ruling?,
            reason: self.reason,
            task,
        })
    }
}

impl From<&Decision> for DecisionEntry {
    fn from(decision: &Decision) -> Self {
        Self {
            request: decision.request,
            verdict: decision.ruling.into(),
            reason: decision.reason.clone(),
            task: decision.task.clone().map(Text::from),
        }
    }
}
