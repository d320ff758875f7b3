//! Everything `decide` looks at: the ledger at one commit, judged by the rules of one commit of
//! the target. Loaded by `ledger`, looked at here; it never changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::exception::Waiver;
use super::id::{LaneName, ObjectId, TaskId, WorkstationName};
use super::identity::IdentityMap;
use super::lease;
use super::marker::Marker;
use super::package::{Package, PackageSource};
pub use super::plan::{Origin, Plan};
use super::policy::Policy;
use super::record::Record;
use super::state::{Claim, Standing, TaskState};
use super::task::Task;
use super::time::Timestamp;
use super::workstation::{Registry, Station, StationState};

/// The rules of the target at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The target commit they were read from.
    pub at: ObjectId,
    /// `policy.yaml`.
    pub policy: Policy,
    /// `identity-map.yaml`.
    pub identity: IdentityMap,
    /// `workstations.yaml`.
    pub workstations: Registry,
}

/// The states that differ from "todo, epoch 0", by task. A clone shares them until either changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct States {
    all: Arc<HashMap<TaskId, TaskState>>,
    /// The states of archived tasks: they are looked up like others, and never change.
    archived: Arc<HashMap<TaskId, TaskState>>,
    /// The tasks whose claim occupies a lane, expired or not: few among many, asked for often.
    occupying: BTreeSet<TaskId>,
    /// The tasks for which a gate was lifted, expired or not.
    waived: BTreeSet<TaskId>,
}

/// The state of a task that has no state file.
static UNTOUCHED: TaskState = TaskState {
    epoch: super::state::Epoch(0),
    standing: Standing::Todo { resume: None },
    stages: None,
    waivers: Vec::new(),
};

impl States {
    /// The state of the task with this id; without a file it is todo at epoch 0.
    #[must_use]
    pub fn of(&self, id: &str) -> &TaskState {
        let known = self.all.get(id).or_else(|| self.archived.get(id));
        known.unwrap_or(&UNTOUCHED)
    }

    /// The state of a task; without a file it is todo at epoch 0.
    #[must_use]
    pub fn get(&self, id: &TaskId) -> &TaskState {
        self.of(id.as_str())
    }

    /// Whether a task is in the archive: its id is taken, its epoch goes on, and nothing happens to
    /// it there (P12).
    #[must_use]
    pub fn is_archived(&self, id: &TaskId) -> bool {
        self.archived.contains_key(id)
    }

    /// The states of archived tasks.
    #[must_use]
    pub fn archive(&self) -> &Arc<HashMap<TaskId, TaskState>> {
        &self.archived
    }

    /// The same with these tasks in the archive.
    #[must_use]
    pub fn with_archive(self, archived: Arc<HashMap<TaskId, TaskState>>) -> Self {
        Self { archived, ..self }
    }

    /// Puts a state in.
    pub fn insert(&mut self, id: TaskId, state: TaskState) {
        if state.occupying().is_some() {
            self.occupying.insert(id.clone());
        } else {
            self.occupying.remove(&id);
        }
        if state.waivers.is_empty() {
            self.waived.remove(&id);
        } else {
            self.waived.insert(id.clone());
        }
        Arc::make_mut(&mut self.all).insert(id, state);
    }

    /// Takes a state out: the task is todo at epoch 0 again.
    pub fn remove(&mut self, id: &TaskId) {
        self.occupying.remove(id);
        self.waived.remove(id);
        Arc::make_mut(&mut self.all).remove(id);
    }

    /// All states that are written down, in no order; without those of archived tasks.
    pub fn iter(&self) -> impl Iterator<Item = (&TaskId, &TaskState)> {
        self.all.iter()
    }

    /// All states, those of archived tasks included, in no order.
    pub fn with_archived(&self) -> impl Iterator<Item = (&TaskId, &TaskState)> {
        self.all.iter().chain(self.archived.iter())
    }

    /// The claims of tasks in progress, expired ones included, by task.
    pub fn in_progress(&self) -> impl Iterator<Item = (&TaskId, &TaskState, &Claim)> {
        self.occupying.iter().filter_map(|id| {
            let state = self.all.get(id)?;
            Some((id, state, state.occupying()?))
        })
    }

    /// The exceptions that were approved, expired ones included, by task.
    pub fn waivers(&self) -> impl Iterator<Item = (&TaskId, &Waiver)> {
        self.waived.iter().flat_map(|id| {
            let waivers = self.all.get(id).map(|state| &state.waivers);
            waivers
                .into_iter()
                .flatten()
                .map(move |waiver| (id, waiver))
        })
    }

    /// The claims that occupy lanes, groups and paths at `now`, by task.
    pub fn occupying<'a>(
        &'a self,
        policy: &'a Policy,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'a TaskId, &'a Claim)> {
        self.in_progress()
            .filter(move |(_, _, claim)| !lease::expired(claim, policy.lease, now))
            .map(|(id, _, claim)| (id, claim))
    }
}

impl FromIterator<(TaskId, TaskState)> for States {
    fn from_iter<I: IntoIterator<Item = (TaskId, TaskState)>>(states: I) -> Self {
        let mut all = Self::default();
        for (id, state) in states {
            all.insert(id, state);
        }
        all
    }
}

/// Facts about commits that git can prove. They are never taken from a request: whoever loads a
/// snapshot, the claimer or the auditor, computes them anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GitFacts {
    /// Completion and landing commits that are reachable from the target.
    pub reachable: Arc<HashSet<ObjectId>>,
    /// The range that the request hands off or lands.
    pub range: Option<RangeFacts>,
    /// The lines that the request's anchors name, in their order; none where there is no such
    /// line.
    pub anchors: Vec<Option<String>>,
    /// The definition that the request's edit gives.
    pub edited: Option<Box<Task>>,
    /// By task, the exceptions whose end a ledger commit after their approval has shown: a clock
    /// that was set back gives none of them back.
    pub over: BTreeMap<TaskId, BTreeSet<u32>>,
    /// The places of the plan files that the request brings where something stands already.
    pub taken: BTreeSet<String>,
    /// The blob of the decision record that the request names.
    pub adr: Option<ObjectId>,
    /// Closed tasks that the archive could not give back as they are, with the reason.
    pub stuck: BTreeMap<TaskId, String>,
    /// The archived tasks whose definitions the request looks at.
    pub archived: BTreeMap<TaskId, (Task, Origin)>,
    /// The target that the request accepts; none where it is not here.
    pub accepting: Option<Accepting>,
}

/// A target that is to be accepted in place of one that it does not descend from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepting {
    /// Whether it descends from the commit whose rules are in force, and from the tip that the
    /// request gives up, if it names one: then nothing was rewritten.
    pub forward: bool,
    /// Its rules, which are in force from then on.
    pub rules: Arc<Rules>,
}

/// What a range of commits is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeFacts {
    /// Its tip.
    pub tip: ObjectId,
    /// The merge base with the target.
    pub base: ObjectId,
    /// The commits after the base, oldest first.
    pub commits: Vec<CommitFacts>,
    /// All paths that differ between base and tip.
    pub files: Vec<String>,
    /// Stable patch id of base..tip.
    pub change_key: String,
    /// Tree id of the tip without `governance/`.
    pub content_key: ObjectId,
    /// When the tip was committed, by its own word.
    pub committed_at: Timestamp,
    /// Paths that the target changed since the base; looked for only where policy has co-edited
    /// files.
    pub moved: Vec<String>,
    /// Protected tests that it deletes or shrinks; looked for only where policy has such.
    pub shrunk: Vec<Shrunk>,
    /// Of a handoff after a revision: the paths whose change is another than that of the commit
    /// that was sent back.
    pub revised: Vec<String>,
    /// What landing it on the target gives.
    pub replayed: Replayed,
}

/// A protected test that a range deletes or shrinks (P61).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shrunk {
    /// Its path before.
    pub path: String,
    /// Lines that are not blank, before; bytes where the file is too large, then or now, to count them.
    pub before: usize,
    /// The same after; none: it is gone.
    pub after: Option<usize>,
}

/// One commit of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its id.
    pub id: ObjectId,
    /// Whether it has more than one parent.
    pub merge: bool,
    /// Paths it changes.
    pub paths: Vec<String>,
}

/// What replaying a range onto the target gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// It was not asked for.
    Unknown,
    /// A commit that extends the target.
    Commit {
        /// The target it extends.
        onto: ObjectId,
        /// Its id; the tip itself where the target has not moved.
        result: ObjectId,
        /// Tree id of the result without `governance/`.
        content_key: ObjectId,
    },
    /// Paths in conflict.
    Conflict(Vec<String>),
}

/// Where work packages are read from; by default nowhere.
#[derive(Debug, Clone, Default)]
pub struct Packages(pub Option<Arc<dyn PackageSource>>);

/// The ledger at one commit with the rules of one target commit.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The ledger commit; none before the ledger exists.
    pub tip: Option<ObjectId>,
    /// The moment of that commit.
    pub tip_time: Timestamp,
    /// The rules that judge.
    pub rules: Arc<Rules>,
    /// All definitions.
    pub plan: Arc<Plan>,
    /// All states.
    pub states: States,
    /// What the ledger says of workstations.
    pub stations: Arc<BTreeMap<WorkstationName, StationState>>,
    /// Records of the tasks that the request names.
    pub records: BTreeMap<TaskId, Vec<Record>>,
    /// The work packages that tasks name, read when they are looked at.
    pub packages: Packages,
    /// The marker.
    pub marker: Option<Marker>,
    /// What git proves.
    pub facts: GitFacts,
}

impl Snapshot {
    /// Whether the task's work is on the target: recorded so, and reachable (X3).
    #[must_use]
    pub fn landed(&self, id: &TaskId) -> bool {
        let reachable = &self.facts.reachable;
        match &self.states.get(id).standing {
            Standing::Done(completion) => reachable.contains(&completion.commit),
            Standing::Adopted(adoption) => reachable.contains(&adoption.commit),
            Standing::InReview {
                landing: Some(landing),
                ..
            } => landing.shown_by(reachable),
            _ => false,
        }
    }

    /// The exceptions of a task that lift their gates at `now`.
    pub fn waivers(&self, id: &TaskId, now: Timestamp) -> impl Iterator<Item = &Waiver> {
        let over = self.facts.over.get(id);
        let over = move |waiver: &Waiver| over.is_some_and(|all| all.contains(&waiver.exception));
        let waivers = self.states.get(id).waivers.iter();
        waivers.filter(move |waiver| now < waiver.until && !over(waiver))
    }

    /// The task that occupies `lane` at `now`.
    #[must_use]
    pub fn lane_holder(&self, lane: &LaneName, now: Timestamp) -> Option<(&TaskId, &Claim)> {
        self.states
            .occupying(&self.rules.policy, now)
            .find(|(_, claim)| claim.lane == *lane)
    }

    /// Number of tasks in progress on `workstation` at `now`.
    #[must_use]
    pub fn load_of(&self, workstation: &WorkstationName, now: Timestamp) -> usize {
        self.states
            .occupying(&self.rules.policy, now)
            .filter(|(_, claim)| claim.workstation == *workstation)
            .count()
    }

    /// Whether a plan file or the archive knows the task.
    #[must_use]
    pub fn knows(&self, id: &TaskId) -> bool {
        self.plan.get(id).is_some() || self.states.is_archived(id)
    }

    /// A registered workstation with what the ledger says of it.
    #[must_use]
    pub fn station(&self, name: &WorkstationName) -> Option<Station<'_>> {
        Some(Station {
            known: self.rules.workstations.workstations.get(name)?,
            state: self.stations.get(name),
        })
    }

    /// The work package of a task, if it names one; or why it cannot be used.
    #[must_use]
    pub fn package(&self, task: &Task) -> Option<Result<Arc<Package>, String>> {
        let path = task.package.as_deref()?;
        let origin = self.plan.origin(&task.id).unwrap_or(Origin::Target);
        Some(match &self.packages.0 {
            Some(source) => source.read(origin, path),
            None => Err("the file is missing".to_owned()),
        })
    }

    /// Records of a task that the request named.
    #[must_use]
    pub fn records_of(&self, id: &TaskId) -> &[Record] {
        self.records.get(id).map_or(&[], Vec::as_slice)
    }
}
