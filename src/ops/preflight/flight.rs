use std::collections::BTreeMap;

use crate::domain::gates::ClaimCase;
use crate::domain::id::{AgentName, LaneName, RoleName, WorkstationName};
use crate::domain::policy::Role;
use crate::domain::ready::{self, Filter};
use crate::domain::routing;
use crate::domain::snapshot::{Rules, Snapshot};
use crate::domain::task::Task;
use crate::domain::workstation::Workstation;
use crate::ops::Site;
use crate::ops::doctor::Patient;
use crate::workspace::{self, LaneStatus};

/// So many ready tasks are looked at: the next ones that the role would get.
const SOON: usize = 20;

/// What a preflight is asked.
#[derive(Clone, Copy, Default)]
pub struct FlightOptions {
    /// Leave the network alone.
    pub offline: bool,
}

/// A repository that is looked at for a role.
pub struct Flight<'a> {
    /// The repository, as far as it reads.
    pub patient: &'a Patient,
    /// The role.
    pub role: RoleName,
    /// What was asked.
    pub options: FlightOptions,
    /// The lanes of the role on this machine.
    pub(super) lanes: Vec<LaneStatus>,
}

impl<'a> Flight<'a> {
    /// A look at `patient` for `role`.
    #[must_use]
    pub fn new(patient: &'a Patient, role: RoleName, options: FlightOptions) -> Self {
        let mut flight = Self {
            patient,
            role,
            options,
            lanes: Vec::new(),
        };
        flight.lanes = flight.lanes_here();
        flight
    }

    fn lanes_here(&self) -> Vec<LaneStatus> {
        let Some(rules) = &self.patient.rules else {
            return Vec::new();
        };
        let lanes = workspace::lanes_of(&rules.policy);
        let listed = workspace::list(&self.patient.repo, &lanes, Some(rules.at));
        let of_role = |lane: &LaneStatus| lane.lane.as_ref().is_some_and(|l| l.role == self.role);
        listed
            .unwrap_or_default()
            .into_iter()
            .filter(of_role)
            .collect()
    }

    pub(super) fn site(&self) -> Option<&Site> {
        self.patient.ledger.as_ref().ok()
    }

    pub(super) fn rules(&self) -> Option<&Rules> {
        self.patient.rules.as_deref()
    }

    pub(super) fn snapshot(&self) -> Option<&Snapshot> {
        self.patient.snapshot.as_ref()
    }

    /// The role, where policy has it.
    pub(super) fn known_role(&self) -> Option<&Role> {
        self.rules()?.policy.roles.get(&self.role)
    }

    /// Who would claim.
    pub(super) fn agent(&self) -> Option<AgentName> {
        self.site()?.agent().ok()
    }

    /// The ready tasks of the role that come next.
    pub(super) fn soon(&self) -> Vec<&Task> {
        let Some(snapshot) = self.snapshot() else {
            return Vec::new();
        };
        let filter = Filter {
            role: Some(&self.role),
            lane: None,
            asker: None,
        };
        let ready = ready::ready(snapshot, filter, self.patient.env.now());
        ready.take(SOON).collect()
    }

    /// The workstations that the next tasks would be claimed on, with these tasks.
    pub(super) fn places(&self) -> BTreeMap<WorkstationName, Vec<&Task>> {
        let mut places: BTreeMap<WorkstationName, Vec<&Task>> = BTreeMap::new();
        let (Some(snapshot), Some(agent)) = (self.snapshot(), self.agent()) else {
            return places;
        };
        for task in self.soon() {
            let case = ClaimCase {
                agent: Some(&agent),
                host: Some(&self.patient.env.host),
                ..ClaimCase::open(snapshot, task, self.patient.env.now())
            };
            if let Some(place) = routing::choose(&case, None) {
                places.entry(place.clone()).or_default().push(task);
            }
        }
        places
    }

    pub(super) fn workstation(&self, name: &WorkstationName) -> Option<&Workstation> {
        self.rules()?.workstations.workstations.get(name)
    }

    /// Whether a claim has the lane, expired or not.
    pub(super) fn is_claimed(&self, lane: &LaneName) -> bool {
        let mut claims = self
            .snapshot()
            .into_iter()
            .flat_map(|s| s.states.in_progress());
        claims.any(|(_, _, claim)| claim.lane == *lane)
    }

    /// Whether somebody holds the lane now; a free one is reset by the claim that takes it.
    pub(super) fn is_taken(&self, lane: &LaneName) -> bool {
        let now = self.patient.env.now();
        let holder = |snapshot: &Snapshot| snapshot.lane_holder(lane, now).is_some();
        self.snapshot().is_some_and(holder)
    }
}
