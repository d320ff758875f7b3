//! The routing record of a claim: which workstation it got, and why not another.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::WorkstationName;
use crate::domain::policy::Strategy;
use crate::domain::record::{PassedOver, ProbeSeen, Routing};
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// Which workstation a claim got, and what it went by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoutingDecisionEntry {
    /// How was chosen.
    pub strategy: Text<Strategy>,
    /// Which it got.
    pub workstation: Text<WorkstationName>,
    /// Why this one.
    pub why: String,
    /// The others that it could have got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<PassedOverEntry>,
    /// What the probes of the workstation gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readiness: Vec<ProbeSeenEntry>,
    /// What the agent had left of what it may use; advice only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quota: BTreeMap<String, String>,
    /// The evidence that the work was handed over to another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// A workstation that a claim could have got, and did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassedOverEntry {
    /// Which.
    pub workstation: Text<WorkstationName>,
    /// Why not.
    pub reason: String,
}

/// What a probe gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeSeenEntry {
    /// The probe.
    pub name: String,
    /// Whether what it looks at was ready.
    pub ready: bool,
    /// What was seen.
    pub detail: String,
}

impl RoutingDecisionEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Routing> {
        let strategy = at.text("strategy", self.strategy);
        let workstation = at.text("workstation", self.workstation);
        let rejected = at.items("rejected", self.rejected, |at, entry| {
            Some(PassedOver {
                workstation: at.text("workstation", entry.workstation)?,
                reason: entry.reason,
            })
        });
        let readiness = self.readiness.into_iter().map(|probe| ProbeSeen {
            name: probe.name,
            ready: probe.ready,
            detail: probe.detail,
        });
        Some(Routing {
            strategy: strategy?,
            workstation: workstation?,
            why: self.why,
            rejected,
            readiness: readiness.collect(),
            quota: self.quota,
            remote: self.remote,
        })
    }
}

impl From<&Routing> for RoutingDecisionEntry {
    fn from(routing: &Routing) -> Self {
        let rejected = routing.rejected.iter().map(|passed| PassedOverEntry {
            workstation: passed.workstation.clone().into(),
            reason: passed.reason.clone(),
        });
        let readiness = routing.readiness.iter().map(|probe| ProbeSeenEntry {
            name: probe.name.clone(),
            ready: probe.ready,
            detail: probe.detail.clone(),
        });
        Self {
            strategy: routing.strategy.into(),
            workstation: routing.workstation.clone().into(),
            why: routing.why.clone(),
            rejected: rejected.collect(),
            readiness: readiness.collect(),
            quota: routing.quota.clone(),
            remote: routing.remote.clone(),
        }
    }
}
