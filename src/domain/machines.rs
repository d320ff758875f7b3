//! Which workstations could do a piece of work, and why the others could not: capability, licence
//! and capacity are told apart (S3, S4, S7).

use super::gates::{ClaimCase, can_do, stands_against, takes_claim};
use super::id::WorkstationName;
use super::progress::Progress;
use super::snapshot::Snapshot;
use super::stage::StageTerms;
use super::task::Task;
use super::time::Timestamp;
use super::workstation::Workstation;

/// What work asks of a machine.
#[derive(Debug, Clone)]
pub struct Work<'a> {
    /// The task.
    pub task: &'a Task,
    /// The terms of the stages that are done there at once.
    pub terms: Vec<&'a StageTerms>,
    /// What the task has been admitted to beside its scope.
    pub progress: &'a Progress,
}

impl<'a> Work<'a> {
    /// One stage of a task; `terms` are those of the stages done at once.
    pub fn of(
        snapshot: &'a Snapshot,
        task: &'a Task,
        terms: impl IntoIterator<Item = &'a StageTerms>,
    ) -> Self {
        Self {
            task,
            terms: terms.into_iter().collect(),
            progress: snapshot.states.get(&task.id).progress(),
        }
    }

    /// Whether the workstation is in the scope of all terms, or was admitted beside it.
    #[must_use]
    pub fn in_scope(&self, name: &WorkstationName) -> bool {
        self.progress.admitted.contains(name) || self.terms.iter().all(|terms| terms.admits(name))
    }

    /// What the workstation must have and has not: tools of the task, capabilities of the terms.
    pub fn lacks(&self, known: &'a Workstation) -> impl Iterator<Item = &'a str> {
        let asked = self.terms.iter().flat_map(|terms| &terms.capabilities);
        let asked = self.task.requires.tools.iter().chain(asked);
        asked
            .filter(|one| !known.capabilities.contains(one))
            .map(String::as_str)
    }

    /// Whether anything is asked of the capabilities of a machine.
    #[must_use]
    pub fn asks(&self) -> bool {
        let by_terms = self
            .terms
            .iter()
            .any(|terms| !terms.capabilities.is_empty());
        by_terms || !self.task.requires.tools.is_empty()
    }

    /// Why a workstation cannot do the work by itself: type, capability, licence.
    #[must_use]
    pub fn unfit(
        &self,
        snapshot: &Snapshot,
        name: &WorkstationName,
        now: Timestamp,
    ) -> Option<String> {
        let by_itself = |gate| {
            matches!(
                gate,
                "workstation-scope" | "workstation-capability" | "workstation-license"
            )
        };
        self.stands_against(snapshot, name, now, by_itself)
    }

    /// Why a workstation cannot do the work now: unfit, out of service, full.
    #[must_use]
    pub fn unavailable(
        &self,
        snapshot: &Snapshot,
        name: &WorkstationName,
        now: Timestamp,
    ) -> Option<String> {
        self.stands_against(snapshot, name, now, |_| true)
    }

    /// Whether a workstation can do the work by itself; says what [`unfit`](Self::unfit) says
    /// without a word.
    #[must_use]
    pub fn fits(&self, snapshot: &Snapshot, name: &WorkstationName, now: Timestamp) -> bool {
        let case = ClaimCase::open(snapshot, self.task, now);
        let known = snapshot.station(name).map(|station| station.known);
        known.is_none_or(|known| can_do(&case, known) && self.lacks(known).next().is_none())
    }

    /// Whether a workstation can do the work now; says what [`unavailable`](Self::unavailable)
    /// says without a word.
    #[must_use]
    pub fn is_available(
        &self,
        snapshot: &Snapshot,
        name: &WorkstationName,
        now: Timestamp,
    ) -> bool {
        let case = ClaimCase::open(snapshot, self.task, now);
        takes_claim(&case, name) && self.fits(snapshot, name, now)
    }

    /// Whether some workstation of the scope can do the work now; says what
    /// [`missing`](Self::missing) says without a word.
    #[must_use]
    pub fn can_be_done(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        let mut scope = self.scope(snapshot).into_iter();
        scope.any(|name| self.is_available(snapshot, name, now))
    }

    /// The first fact of the workstation gate that counts, or a capability that the terms miss.
    fn stands_against(
        &self,
        snapshot: &Snapshot,
        name: &WorkstationName,
        now: Timestamp,
        counts: impl Fn(&'static str) -> bool,
    ) -> Option<String> {
        let case = ClaimCase::open(snapshot, self.task, now);
        let mut unmet = stands_against(&case, name).into_iter();
        if let Some(unmet) = unmet.find(|unmet| counts(unmet.gate)) {
            return Some(unmet.message);
        }
        let known = snapshot.station(name)?.known;
        let lack = self.lacks(known).next()?;
        Some(format!("{name} has no `{lack}`"))
    }

    /// The workstations of the scope by which it is named, else all that are registered.
    #[must_use]
    pub fn scope<'s>(&self, snapshot: &'s Snapshot) -> Vec<&'s WorkstationName>
    where
        'a: 's,
    {
        let named = self
            .terms
            .iter()
            .find(|terms| !terms.workstations.is_empty());
        let all = snapshot.rules.workstations.workstations.keys();
        let mut scope: Vec<&WorkstationName> = match named {
            Some(terms) => terms.workstations.iter().collect(),
            None => all.collect(),
        };
        scope.extend(&self.progress.admitted);
        scope.retain(|name| self.in_scope(name));
        scope.dedup();
        scope
    }

    /// Why no workstation of the scope can do the work now; none where one can.
    #[must_use]
    pub fn missing(&self, snapshot: &Snapshot, now: Timestamp) -> Option<Vec<String>> {
        let mut reasons = Vec::new();
        for name in self.scope(snapshot) {
            reasons.push(self.unavailable(snapshot, name, now)?);
        }
        if reasons.is_empty() {
            reasons.push("no workstation is in the scope of all its stages".to_owned());
        }
        Some(reasons)
    }
}

/// Whether the stage contract of a task admits a workstation for its claim: in scope, registered,
/// and with what the task and its stages ask for. A task without a contract admits all.
#[must_use]
pub fn admits(snapshot: &Snapshot, task: &Task, name: &WorkstationName, now: Timestamp) -> bool {
    let Some(contract) = snapshot.plan.contract(task) else {
        return true;
    };
    let work = Work::of(snapshot, task, contract.claimed().map(|(_, terms)| terms));
    work.in_scope(name) && snapshot.station(name).is_some() && work.fits(snapshot, name, now)
}
