//! Which gates a person may lift for a task, and from which seat (G19). A gate that is not listed
//! is never lifted: it keeps the ledger true, or others' work safe.

use super::{ClaimCase, ClaimGate, LandCase, LandGate, Page};
use crate::domain::exception::{Override, Waiver};
use crate::domain::identity::Seat;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;

impl Page {
    /// The seat of a person who may lift the gate for a task.
    #[must_use]
    pub fn waived_by(&self) -> Option<Seat> {
        Some(match self.id {
            "review-owed" | "protected-tests" | "check-edited" => Seat::Review,
            "evidence-owed" | "evidence-tier" | "high-risk-evidence" | "check-trivial"
            | "generated-files" => Seat::Override,
            "foreign-paths" | "contract-owner" | "co-edited" | "also-change" => Seat::Scope,
            "workstation" | "workstation-probes" | "remote-execution" | "rerun-identity"
            | "stage-executor" | "stage-owed" | "stage-gap" | "stage-gate" => Seat::Commissioning,
            "dependency" | "merge-order" | "parent-waits" | "not-before" | "parked" => {
                Seat::Direction
            }
            _ => return None,
        })
    }
}

/// The page of the gate that refuses with `id`, as the gate itself or as one of its refusals.
#[must_use]
pub fn page_of(id: &str) -> Option<Page> {
    let claim = super::CLAIM.iter().map(|gate| gate.page);
    let mut pages = claim.chain(super::LAND.iter().map(|gate| gate.page));
    pages.find(|page| page.covers(id))
}

/// The gates that can be lifted, in their order, each once.
#[must_use]
pub fn waivable() -> Vec<&'static str> {
    let claim = super::CLAIM.iter().map(|gate| gate.page);
    let pages = claim.chain(super::LAND.iter().map(|gate| gate.page));
    let mut ids: Vec<&str> = Vec::new();
    for page in pages.filter(|page| page.waived_by().is_some()) {
        if !ids.contains(&page.id) {
            ids.push(page.id);
        }
    }
    ids
}

/// The exception that lifts a gate for a task now.
pub(super) fn lifts<'a>(
    snapshot: &'a Snapshot,
    task: &Task,
    page: &Page,
    now: Timestamp,
) -> Option<&'a Waiver> {
    let state = snapshot.states.get(&task.id);
    if state.waivers.is_empty() {
        return None;
    }
    page.waived_by()?;
    let holder = state.claim().map(|claim| &claim.agent);
    let mut waivers = snapshot.waivers(&task.id, now);
    let waiver = waivers.find(|waiver| waiver.gate == page.id);
    // Whoever approved it may have claimed the task since.
    waiver.filter(|waiver| holder != Some(&waiver.by))
}

/// What no exception lifts although its gate may be lifted: what a reviewer said against this very
/// change, and paths that are forbidden.
pub(super) fn stays(unmet: &Unmet) -> bool {
    matches!(unmet.gate, "review-against" | "forbidden-paths")
}

fn lifted(waiver: &Waiver, unmet: &[Unmet]) -> Option<Override> {
    let first = unmet.iter().find(|unmet| !unmet.warning && !stays(unmet))?;
    Some(Override {
        gate: waiver.gate.clone(),
        exception: waiver.exception,
        by: waiver.by.clone(),
        fact: first.message.clone(),
    })
}

impl ClaimCase<'_> {
    /// The exception that lifts the gate. None makes a workstation of a name that is not registered.
    fn lifted_by(&self, gate: &ClaimGate) -> Option<&Waiver> {
        let registered = &self.snapshot.rules.workstations.workstations;
        let unknown = |name| !registered.contains_key(name);
        if gate.page.covers("workstation-missing") && self.workstation.is_some_and(unknown) {
            return None;
        }
        lifts(self.snapshot, self.task, &gate.page, self.now)
            .filter(|waiver| self.agent != Some(&waiver.by))
    }

    /// Whether an exception lifts the gate.
    pub(super) fn waived(&self, gate: &ClaimGate) -> bool {
        self.lifted_by(gate).is_some()
    }

    /// The gates that would have refused the claim, and were lifted.
    #[must_use]
    pub fn overrides(&self) -> Vec<Override> {
        let gates = super::CLAIM.iter();
        gates
            .filter_map(|gate| {
                let waiver = self.lifted_by(gate)?;
                lifted(waiver, &(gate.check)(self))
            })
            .collect()
    }
}

impl LandCase<'_> {
    /// Whether an exception lifts the gate.
    pub(super) fn waived(&self, gate: &LandGate) -> bool {
        lifts(self.snapshot, self.task, &gate.page, self.now).is_some()
    }

    /// Those of `gates` that would have refused, and were lifted.
    #[must_use]
    pub fn overrides(&self, gates: &[LandGate]) -> Vec<Override> {
        gates
            .iter()
            .filter_map(|gate| {
                let waiver = lifts(self.snapshot, self.task, &gate.page, self.now)?;
                lifted(waiver, &(gate.check)(self))
            })
            .collect()
    }
}

/// Whether an exception lifts the gate with this id for the task at `now`: for who would do work
/// only because the gate asks for it.
#[must_use]
pub fn is_lifted(snapshot: &Snapshot, task: &Task, gate: &str, now: Timestamp) -> bool {
    page_of(gate).is_some_and(|page| lifts(snapshot, task, &page, now).is_some())
}
