//! Which workstation a claim gets, as programs see it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::record::Routing;
use crate::ops::routing::{Looked, RoutingOutcome};

/// The workstation that a claim would get, and every other that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoutingView {
    /// For whom; without anybody every route of the type is judged and none chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Whether the identity map is enforced.
    pub enforced: bool,
    /// How is chosen: `fixed`, `available`, `least_loaded`.
    pub strategy: String,
    /// The workstation that a claim would be judged on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// Why this one.
    pub why: String,
    /// All that were looked at, in the order of the map.
    pub candidates: Vec<CandidateView>,
}

/// A workstation that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CandidateView {
    /// Which.
    pub workstation: String,
    /// The agents that its route names; none for the default or one that was asked for.
    pub agents: Vec<String>,
    /// `chosen`, `free`, `later`, `unavailable`, `not_named`, `not_wanted`.
    pub verdict: String,
    /// Why it is not taken; empty where it is.
    pub reason: String,
    /// Tasks in progress there.
    pub load: usize,
    /// Most tasks in progress there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl From<&RoutingOutcome> for RoutingView {
    fn from(outcome: &RoutingOutcome) -> Self {
        Self {
            agent: outcome.agent.as_ref().map(ToString::to_string),
            enforced: outcome.enforced,
            strategy: outcome.strategy.word().to_owned(),
            workstation: outcome.workstation.as_ref().map(ToString::to_string),
            why: outcome.why.clone(),
            candidates: outcome.candidates.iter().map(CandidateView::from).collect(),
        }
    }
}

impl From<&Looked> for CandidateView {
    fn from(looked: &Looked) -> Self {
        Self {
            workstation: looked.workstation.to_string(),
            agents: looked.agents.clone(),
            verdict: looked.verdict.to_owned(),
            reason: looked.reason.clone(),
            load: looked.load,
            limit: looked.limit,
        }
    }
}

/// The workstation that a claim got, and what it went by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoutedView {
    /// How was chosen.
    pub strategy: String,
    /// Which it got.
    pub workstation: String,
    /// Why this one.
    pub why: String,
    /// The others that it could have got.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<PassedOverView>,
    /// What the probes of the workstation gave.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub readiness: Vec<ProbeSeenView>,
    /// What the agent said it had left; advice only.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub quota: BTreeMap<String, String>,
    /// The evidence that the work was handed over to another host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// A workstation that a claim could have got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PassedOverView {
    /// Which.
    pub workstation: String,
    /// Why not.
    pub reason: String,
}

/// What a probe gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProbeSeenView {
    /// The probe.
    pub name: String,
    /// Whether what it looks at was ready.
    pub ready: bool,
    /// What was seen.
    pub detail: String,
}

impl From<&Routing> for RoutedView {
    fn from(routing: &Routing) -> Self {
        let rejected = routing.rejected.iter().map(|passed| PassedOverView {
            workstation: passed.workstation.to_string(),
            reason: passed.reason.clone(),
        });
        let readiness = routing.readiness.iter().map(|probe| ProbeSeenView {
            name: probe.name.clone(),
            ready: probe.ready,
            detail: probe.detail.clone(),
        });
        Self {
            strategy: routing.strategy.word().to_owned(),
            workstation: routing.workstation.to_string(),
            why: routing.why.clone(),
            rejected: rejected.collect(),
            readiness: readiness.collect(),
            quota: routing.quota.clone(),
            remote: routing.remote.clone(),
        }
    }
}
