//! What the probes of a workstation gave, in requests and records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::WorkstationName;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{ProbeResult, Readiness};
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// What the probes of one workstation gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadinessEntry {
    /// Which workstation.
    pub workstation: Text<WorkstationName>,
    /// The version whose probes ran.
    pub version: u32,
    /// The host they ran on.
    pub host: String,
    /// When.
    pub at: Text<Timestamp>,
    /// What each gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeResultEntry>,
}

/// What one probe gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeResultEntry {
    /// The probe.
    pub name: String,
    /// Whether what it looks at is ready.
    pub ready: bool,
    /// What was seen.
    pub detail: String,
    /// The milliseconds it took.
    pub millis: u64,
}

impl ReadinessEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Readiness> {
        let workstation = at.text("workstation", self.workstation);
        let moment = at.text("at", self.at);
        let probes = self.probes.into_iter().map(|probe| ProbeResult {
            name: probe.name,
            ready: probe.ready,
            detail: probe.detail,
            millis: probe.millis,
        });
        Some(Readiness {
            workstation: workstation?,
            version: self.version,
            host: self.host,
            at: moment?,
            probes: probes.collect(),
        })
    }
}

impl From<&Readiness> for ReadinessEntry {
    fn from(readiness: &Readiness) -> Self {
        let probes = readiness.probes.iter().map(|probe| ProbeResultEntry {
            name: probe.name.clone(),
            ready: probe.ready,
            detail: probe.detail.clone(),
            millis: probe.millis,
        });
        Self {
            workstation: readiness.workstation.clone().into(),
            version: readiness.version,
            host: readiness.host.clone(),
            at: readiness.at.into(),
            probes: probes.collect(),
        }
    }
}
