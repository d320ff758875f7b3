//! `governance/workstations/<name>.yaml` of the ledger: what it says of one workstation beside the
//! registry. Written by the tool only.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, TaskId, WorkstationName};
use crate::domain::state::Epoch;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{Hold, StationState, Use, WorkstationState};
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::read::{File, VERSION, check_version};
use crate::ledger::format::text::Text;

/// What the ledger says of one workstation. Written by the tool only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StationFile {
    /// Version of the format.
    pub version: u32,
    /// Which workstation.
    pub name: Text<WorkstationName>,
    /// Out of service since, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldEntry>,
    /// The one claim that a single-use workstation was for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<UseEntry>,
}

/// A workstation taken out of service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldEntry {
    /// Quarantined or retired.
    pub state: Text<WorkstationState>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: Text<AgentName>,
    /// Since when.
    pub at: Text<Timestamp>,
}

/// The use of a single-use workstation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseEntry {
    /// The version that was used.
    pub version: u32,
    /// For which task.
    pub task: Text<TaskId>,
    /// Under which epoch.
    pub epoch: u32,
    /// When.
    pub at: Text<Timestamp>,
}

impl File for StationFile {
    type Domain = (WorkstationName, StationState);

    fn into_domain(self) -> Result<Self::Domain, Vec<Problem>> {
        collect(|at| {
            check_version(at, self.version);
            let name = at.text("name", self.name);
            let hold = self.hold.map(|hold| hold.convert(&at.key("hold")));
            let used = self.used.map(|used| used.convert(&at.key("used")));
            let state = StationState {
                hold: hold.flatten(),
                used: used.flatten(),
            };
            Some((name?, state))
        })
    }
}

impl HoldEntry {
    fn convert(self, at: &Place<'_>) -> Option<Hold> {
        let state = at.text("state", self.state);
        let by = at.text("by", self.by);
        let since = at.text("at", self.at);
        if state == Some(WorkstationState::Ready) {
            at.key("state")
                .refuse("a workstation that is ready is not held");
        }
        Some(Hold {
            state: state?,
            reason: self.reason,
            by: by?,
            at: since?,
        })
    }
}

impl UseEntry {
    fn convert(self, at: &Place<'_>) -> Option<Use> {
        let task = at.text("task", self.task);
        let when = at.text("at", self.at);
        Some(Use {
            version: self.version,
            task: task?,
            epoch: Epoch(self.epoch),
            at: when?,
        })
    }
}

impl StationFile {
    /// The file that says this.
    #[must_use]
    pub fn of(name: &WorkstationName, state: &StationState) -> Self {
        Self {
            version: VERSION,
            name: name.clone().into(),
            hold: state.hold.as_ref().map(|hold| HoldEntry {
                state: hold.state.into(),
                reason: hold.reason.clone(),
                by: hold.by.clone().into(),
                at: hold.at.into(),
            }),
            used: state.used.as_ref().map(|used| UseEntry {
                version: used.version,
                task: used.task.clone().into(),
                epoch: used.epoch.0,
                at: used.at.into(),
            }),
        }
    }
}
