//! What a claim gate looks at.

use std::collections::HashSet;

use super::Page;
use crate::domain::id::{AgentName, LaneName, TaskId, WorkstationName};
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Claim;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::domain::workstation::{Readiness, Workstation};

/// A task that somebody may want to claim. Without an agent only the task's own readiness is
/// judged, as `ready` does.
#[derive(Debug, Clone, Copy)]
pub struct ClaimCase<'a> {
    /// The ledger and its rules.
    pub snapshot: &'a Snapshot,
    /// The task.
    pub task: &'a Task,
    /// The moment.
    pub now: Timestamp,
    /// Who would take it.
    pub agent: Option<&'a AgentName>,
    /// Where.
    pub workstation: Option<&'a WorkstationName>,
    /// In which lane.
    pub lane: Option<&'a LaneName>,
    /// On which host.
    pub host: Option<&'a str>,
    /// What probes gave; none where they were not asked, as for `ready`.
    pub readiness: Option<&'a [Readiness]>,
    /// The evidence that the work was handed over to another host, where it is done there.
    pub remote: Option<&'a str>,
}

/// A condition of a claim.
#[derive(Debug, Clone, Copy)]
pub struct ClaimGate {
    /// What people read about it.
    pub page: Page,
    /// What is unmet, in words.
    pub check: fn(&ClaimCase<'_>) -> Vec<Unmet>,
    /// Whether `check` would say nothing but warnings; writes no text, since it is asked about
    /// every waiting task.
    pub holds: fn(&ClaimCase<'_>) -> bool,
}

impl<'a> ClaimCase<'a> {
    /// The case of nobody in particular: only the task's own readiness is judged.
    #[must_use]
    pub fn open(snapshot: &'a Snapshot, task: &'a Task, now: Timestamp) -> Self {
        Self {
            snapshot,
            task,
            now,
            agent: None,
            workstation: None,
            lane: None,
            host: None,
            readiness: None,
            remote: None,
        }
    }

    /// Everything that stands against the claim, warnings included.
    #[must_use]
    pub fn unmet(&self) -> Vec<Unmet> {
        super::CLAIM
            .iter()
            .filter(|gate| !self.waived(gate))
            .flat_map(|gate| (gate.check)(self))
            .collect()
    }

    /// Whether nothing but warnings stands against the claim.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.held_back_by().is_none()
    }

    /// The other task that occupies `lane`. Of two whose leases one slow clock holds to be good,
    /// it is never the task itself.
    pub(super) fn lane_rival(&self, lane: &LaneName) -> Option<(&'a TaskId, &'a Claim)> {
        let policy = &self.snapshot.rules.policy;
        let mut occupying = self.snapshot.states.occupying(policy, self.now);
        occupying.find(|(id, claim)| claim.lane == *lane && **id != self.task.id)
    }

    /// Whether the workstation runs on the host of the case; where none is known, it may.
    #[must_use]
    pub(super) fn is_here(&self, known: &Workstation) -> bool {
        self.host.is_none_or(|host| known.runs_on(host))
    }

    /// The first gate that stands against the claim with more than a warning.
    #[must_use]
    pub fn held_back_by(&self) -> Option<&'static ClaimGate> {
        super::CLAIM
            .iter()
            .find(|gate| !(gate.holds)(self) && !self.waived(gate))
    }
}

/// The lane a claim would get: the wanted one, the pinned one, the one it had, or the first free
/// one of the role. `None` when all of these are taken.
#[must_use]
pub fn choose_lane(case: &ClaimCase<'_>) -> Option<LaneName> {
    let snapshot = case.snapshot;
    let free = |lane: &LaneName| case.lane_rival(lane).is_none();
    if let Some(lane) = case.lane.or(case.task.lane.as_ref()) {
        return free(lane).then(|| lane.clone());
    }
    let lanes = snapshot.rules.policy.roles.get(&case.task.role)?.lanes;
    if let Some(lane) = super::task_open::lane_it_had(case)
        && lane.role == case.task.role
        && lane.number() <= lanes
        && free(lane)
    {
        return Some(lane.clone());
    }
    // One look at the claims for all lanes: a fleet has many of both.
    let policy = &snapshot.rules.policy;
    let occupying = snapshot.states.occupying(policy, case.now);
    let taken: HashSet<u16> = occupying
        .filter(|(id, claim)| claim.lane.role == case.task.role && **id != case.task.id)
        .map(|(_, claim)| claim.lane.number())
        .collect();
    let number = (1..=lanes).find(|number| !taken.contains(number))?;
    LaneName::new(case.task.role.clone(), number).ok()
}
