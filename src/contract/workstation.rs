//! Workstations as programs see them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{FileChangeView, MutationView};
use crate::domain::workstation::{Hold, License, ProbeKind, Readiness, Use};
use crate::ops::workstation::{RegistryEdit, StationOutcome, StationRow, StationsOutcome};

/// `data` of `workstation list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StationListView {
    /// All registered workstations, by name.
    pub workstations: Vec<StationView>,
}

/// `data` of `workstation show`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StationShowView {
    /// The workstation.
    pub workstation: StationView,
}

/// A workstation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StationView {
    /// Its name.
    pub name: String,
    /// Raised when its definition changes.
    pub version: u32,
    /// The scope that its name tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The rest of its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    /// Whether it takes claims: `ready`, `quarantined` or `retired`, by registry and ledger.
    pub state: String,
    /// Why the ledger holds it out of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldView>,
    /// The use that ended it, when it is for one claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<UseView>,
    /// `reusable` or `single_use`.
    pub lifecycle: String,
    /// Number of tasks in progress on it.
    pub load: usize,
    /// Most tasks in progress at once; without it, any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wip_limit: Option<u32>,
    /// The tasks in progress on it, with their agents.
    pub work: BTreeMap<String, String>,
    /// Task types it takes; empty: all.
    pub task_types: Vec<String>,
    /// Hosts it runs on; empty: any.
    pub hosts: Vec<String>,
    /// What it has.
    pub capabilities: Vec<String>,
    /// Attestations of licences.
    pub licenses: Vec<LicenseView>,
    /// Its probes.
    pub probes: Vec<ProbeView>,
}

/// A workstation taken out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HoldView {
    /// `quarantined` or `retired`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when (RFC 3339).
    pub at: String,
}

/// The use of a single-use workstation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UseView {
    /// For which task.
    pub task: String,
    /// Under which epoch.
    pub epoch: u32,
    /// When (RFC 3339).
    pub at: String,
}

/// An attestation of a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenseView {
    /// Its name.
    pub name: String,
    /// Whether it was there.
    pub available: bool,
    /// When that was seen (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested_at: Option<String>,
    /// How long ago, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<i64>,
    /// Whether that is longer ago than the registry allows.
    pub too_old: bool,
    /// Who saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// A probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProbeView {
    /// Its name.
    pub name: String,
    /// `tool`, `http`, `disk_free`, `tcp`, `env` or `command`.
    pub kind: String,
    /// What it looks at: the program, the address, the path, the variable, the command.
    pub of: String,
    /// How long it may take, in seconds.
    pub limit_seconds: u32,
}

/// `data` of `workstation check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StationCheckView {
    /// Whether all of them are ready.
    pub ready: bool,
    /// What was seen of each.
    pub workstations: Vec<ReadinessView>,
}

/// What the probes of a workstation gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadinessView {
    /// Which workstation.
    pub name: String,
    /// The version whose probes ran.
    pub version: u32,
    /// Where they ran.
    pub host: String,
    /// When (RFC 3339).
    pub at: String,
    /// Whether each probe is ready.
    pub ready: bool,
    /// What each gave, in the order of the registry.
    pub probes: Vec<ProbeResultView>,
}

/// What one probe gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProbeResultView {
    /// Its name.
    pub name: String,
    /// Whether what it looks at is ready.
    pub ready: bool,
    /// What was seen.
    pub detail: String,
    /// Milliseconds it took.
    pub millis: u64,
}

/// `data` of `workstation add` and `workstation attest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RegistryEditView {
    /// Which workstation.
    pub name: String,
    /// The file of the working tree; what it says takes effect with a commit to the target.
    pub file: String,
    /// Whether it was written; a rehearsal (`--dry-run`) was not.
    pub written: bool,
    /// Its text before and after.
    pub change: FileChangeView,
}

/// `data` of `workstation quarantine`, `retire` and `restore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StationActView {
    /// Which workstation.
    pub name: String,
    /// Why the ledger holds it out of service, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldView>,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

impl From<&Hold> for HoldView {
    fn from(hold: &Hold) -> Self {
        Self {
            state: hold.state.word().to_owned(),
            reason: hold.reason.clone(),
            by: hold.by.to_string(),
            at: hold.at.to_string(),
        }
    }
}

impl From<&Use> for UseView {
    fn from(used: &Use) -> Self {
        Self {
            task: used.task.to_string(),
            epoch: used.epoch.0,
            at: used.at.to_string(),
        }
    }
}

impl StationView {
    fn of(row: &StationRow, all: &StationsOutcome) -> Self {
        let known = &row.known;
        let work = row.work.iter();
        let licenses = known.licenses.iter();
        let probes = known.probes.iter().map(|probe| ProbeView {
            name: probe.name.clone(),
            kind: word(&probe.kind).to_owned(),
            of: probe.kind.to_string(),
            limit_seconds: probe.limit().seconds(),
        });
        Self {
            name: row.name.to_string(),
            version: known.version,
            scope: row.scope.clone(),
            suffix: row.suffix.clone(),
            state: row.standing.word().to_owned(),
            hold: row.hold.as_ref().map(HoldView::from),
            used: row.used.as_ref().map(UseView::from),
            lifecycle: known.lifecycle.word().to_owned(),
            load: row.work.len(),
            wip_limit: known.wip_limit,
            work: work
                .map(|(task, agent)| (task.to_string(), agent.to_string()))
                .collect(),
            task_types: known.task_types.iter().map(ToString::to_string).collect(),
            hosts: known.hosts.clone(),
            capabilities: known.capabilities.clone(),
            licenses: licenses
                .map(|license| LicenseView::of(license, all))
                .collect(),
            probes: probes.collect(),
        }
    }
}

fn word(kind: &ProbeKind) -> &'static str {
    match kind {
        ProbeKind::Tool { .. } => "tool",
        ProbeKind::Http { .. } => "http",
        ProbeKind::DiskFree { .. } => "disk_free",
        ProbeKind::Tcp(_) => "tcp",
        ProbeKind::Env(_) => "env",
        ProbeKind::Command(_) => "command",
    }
}

impl LicenseView {
    fn of(license: &License, all: &StationsOutcome) -> Self {
        let at = license.attested_at;
        let old = |max: crate::domain::time::Span| at.is_none_or(|at| at.plus(max) < all.now);
        Self {
            name: license.name.clone(),
            available: license.available,
            attested_at: at.map(|at| at.to_string()),
            age_seconds: at.map(|at| all.now.seconds() - at.seconds()),
            too_old: all.license_max_age.is_some_and(old),
            by: license.by.clone(),
            how: license.how.clone(),
        }
    }
}

impl From<&StationsOutcome> for StationListView {
    fn from(all: &StationsOutcome) -> Self {
        let rows = all.rows.iter();
        Self {
            workstations: rows.map(|row| StationView::of(row, all)).collect(),
        }
    }
}

impl StationShowView {
    /// The first workstation of an outcome.
    #[must_use]
    pub fn of(all: &StationsOutcome) -> Option<Self> {
        let workstation = StationView::of(all.rows.first()?, all);
        Some(Self { workstation })
    }
}

impl From<&[Readiness]> for StationCheckView {
    fn from(seen: &[Readiness]) -> Self {
        let workstations: Vec<ReadinessView> = seen.iter().map(ReadinessView::from).collect();
        Self {
            ready: workstations.iter().all(|one| one.ready),
            workstations,
        }
    }
}

impl From<&Readiness> for ReadinessView {
    fn from(seen: &Readiness) -> Self {
        let probes = seen.probes.iter().map(|probe| ProbeResultView {
            name: probe.name.clone(),
            ready: probe.ready,
            detail: probe.detail.clone(),
            millis: probe.millis,
        });
        Self {
            name: seen.workstation.to_string(),
            version: seen.version,
            host: seen.host.clone(),
            at: seen.at.to_string(),
            ready: seen.failed().next().is_none(),
            probes: probes.collect(),
        }
    }
}

impl From<&RegistryEdit> for RegistryEditView {
    fn from(edit: &RegistryEdit) -> Self {
        Self {
            name: edit.name.to_string(),
            file: edit.file.display().to_string(),
            written: edit.written,
            change: FileChangeView::from(&edit.change),
        }
    }
}

impl From<&StationOutcome> for StationActView {
    fn from(outcome: &StationOutcome) -> Self {
        Self {
            name: outcome.name.to_string(),
            hold: outcome.state.hold.as_ref().map(HoldView::from),
            mutation: MutationView::from(&outcome.mutation),
        }
    }
}
