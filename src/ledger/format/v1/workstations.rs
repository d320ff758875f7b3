//! `governance/workstations.yaml`: the named execution contexts.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::probe::ProbeEntry;
use crate::domain::id::{TaskType, WorkstationName};
use crate::domain::time::{Span, Timestamp};
use crate::domain::workstation::{
    License, Registry, Workstation, WorkstationLifecycle, WorkstationState,
};
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, check_version};
use crate::ledger::format::text::{Line, Pattern, Text, compile};

/// Named, versioned execution contexts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkstationsFile {
    /// Version of the format.
    pub version: u32,
    /// Pattern of the names, with the groups `scope` and `suffix`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub naming: Option<Text<Pattern>>,
    /// Used in open mode when a claim names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_workstation: Option<Text<WorkstationName>>,
    /// How old the attestation of a licence may be, such as `90d`; without it, any age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_max_age: Option<Text<Span>>,
    /// The workstations.
    pub workstations: Vec<WorkstationEntry>,
}

/// One execution context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkstationEntry {
    /// Its name, such as `ws-backend-01`.
    pub name: Text<WorkstationName>,
    /// Raised when its definition changes; by default 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub version: Option<u32>,
    /// Task types it takes; without any, all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_types: Vec<Text<TaskType>>,
    /// Whether it takes claims; by default `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text<WorkstationState>>,
    /// How often it is used; by default `reusable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Text<WorkstationLifecycle>>,
    /// Host names it may run on; without any, all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Text<Line>>,
    /// Most tasks in progress at once; without it, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub wip_limit: Option<u32>,
    /// What it has, matched with `requires.tools` of tasks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<Text<Line>>,
    /// Dated attestations of licences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseEntry>,
    /// What must hold before a claim.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeEntry>,
}

/// A dated attestation that a licence is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseEntry {
    /// Its name, matched with `requires.licenses` of tasks.
    pub name: Text<Line>,
    /// Whether it was there.
    pub available: bool,
    /// When that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attested_at: Option<Text<Timestamp>>,
    /// Who saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Text<Line>>,
    /// How.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<Text<Line>>,
}

impl File for WorkstationsFile {
    type Domain = Registry;

    fn into_domain(self) -> Result<Registry, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let naming = at.maybe("naming", self.naming);
            let pattern = naming.as_ref().and_then(|naming| compile(&naming.0).ok());
            if let Some(pattern) = &pattern {
                check_groups(&at.key("naming"), pattern);
            }
            let workstations = at.map("workstations", "name", self.workstations, |at, entry| {
                entry.convert(at, pattern.as_ref())
            });
            let default = at.maybe("default_workstation", self.default_workstation);
            if let Some(name) = &default
                && !workstations.contains_key(name)
            {
                let message = format!("`{name}` is no workstation of this file");
                at.key("default_workstation")
                    .breaks("default-workstation-unknown", message, None);
            }
            let license_max_age = at.maybe("license_max_age", self.license_max_age);
            Some(Registry {
                naming: naming.map(String::from),
                default,
                license_max_age,
                workstations,
            })
        })
    }
}

fn check_groups(at: &Place<'_>, pattern: &Regex) {
    for group in ["scope", "suffix"] {
        if !pattern.capture_names().flatten().any(|name| name == group) {
            at.refuse_with_hint(
                format!("the pattern has no group `{group}`"),
                "write it like `^ws-(?<scope>[a-z]+)-(?<suffix>[a-z0-9]+)$`",
            );
        }
    }
}

impl WorkstationEntry {
    fn convert(
        self,
        at: &Place<'_>,
        naming: Option<&Regex>,
    ) -> Option<(WorkstationName, Workstation)> {
        let name = at.text("name", self.name);
        if let (Some(name), Some(naming)) = (&name, naming)
            && !naming.is_match(name.as_str())
        {
            let message = format!("`{name}` does not follow the pattern `{naming}`");
            at.key("name").breaks("workstation-name", message, None);
        }
        for (key, number) in [("version", self.version), ("wip_limit", self.wip_limit)] {
            if number == Some(0) {
                at.key(key).refuse(format!("`{key}` counts from 1"));
            }
        }
        let task_types = at.list("task_types", self.task_types);
        let state = at.maybe("state", self.state);
        let lifecycle = at.maybe("lifecycle", self.lifecycle);
        let hosts: Vec<Line> = at.list("hosts", self.hosts);
        let capabilities: Vec<Line> = at.list("capabilities", self.capabilities);
        let names = self.licenses.iter().map(|license| license.name.value());
        at.key("licenses")
            .refuse_repeats(names, |at, message| at.key("name").refuse(message));
        let licenses = at.items("licenses", self.licenses, |at, license| license.convert(at));
        let names = self.probes.iter().map(|probe| probe.name.value());
        at.key("probes")
            .refuse_repeats(names, |at, message| at.key("name").refuse(message));
        let probes = at.items("probes", self.probes, |at, probe| probe.convert(at));
        let workstation = Workstation {
            version: self.version.unwrap_or(1),
            task_types,
            state: state.unwrap_or(WorkstationState::Ready),
            lifecycle: lifecycle.unwrap_or(WorkstationLifecycle::Reusable),
            hosts: hosts.into_iter().map(String::from).collect(),
            wip_limit: self.wip_limit,
            capabilities: capabilities.into_iter().map(String::from).collect(),
            licenses,
            probes,
        };
        Some((name?, workstation))
    }
}

impl LicenseEntry {
    fn convert(self, at: &Place<'_>) -> Option<License> {
        let name = at.text("name", self.name);
        let attested_at = at.maybe("attested_at", self.attested_at);
        let by = at.maybe("by", self.by);
        let how = at.maybe("how", self.how);
        Some(License {
            name: name?.into(),
            available: self.available,
            attested_at,
            by: by.map(String::from),
            how: how.map(String::from),
        })
    }
}
