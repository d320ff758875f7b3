//! Everything `decide` looks at: the ledger at one commit, judged by the rules of one commit of
//! the target. Loaded by `ledger`, looked at here; it never changes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::id::{LaneName, ObjectId, TaskId, WorkstationName};
use super::identity::IdentityMap;
use super::lease;
use super::marker::Marker;
use super::policy::Policy;
use super::record::Record;
use super::state::{Claim, Standing, TaskState};
use super::task::Task;
use super::time::Timestamp;
use super::workstation::Registry;

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

/// Where a definition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// On the target: planned and reviewed like code.
    Target,
    /// On the ledger: added by the tool.
    Ledger,
}

/// All task definitions of both branches, sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    tasks: Vec<(Task, Origin)>,
    faults: BTreeMap<TaskId, Vec<String>>,
}

impl Plan {
    /// A plan of these definitions. Where both branches define a task alike the target's counts;
    /// every other repetition is a fault of that task.
    #[must_use]
    pub fn new(definitions: Vec<(Task, Origin)>) -> Self {
        let mut tasks = definitions;
        tasks.sort_by(|(a, x), (b, y)| a.id.cmp(&b.id).then(x.cmp(y)));
        let mut faults: BTreeMap<TaskId, Vec<String>> = BTreeMap::new();
        tasks.dedup_by(|(later, origin), (first, first_origin)| {
            if later.id != first.id {
                return false;
            }
            if later != first || origin == first_origin {
                let fault = if origin == first_origin {
                    format!("`{}` is defined twice on the {}", later.id, place(*origin))
                } else {
                    format!("`{}` is defined differently on target and ledger", later.id)
                };
                faults.entry(first.id.clone()).or_default().push(fault);
            }
            true
        });
        Self { tasks, faults }
    }

    /// The definition of a task.
    #[must_use]
    pub fn get(&self, id: &TaskId) -> Option<&Task> {
        self.entry(id).map(|(task, _)| task)
    }

    /// Where a task is defined.
    #[must_use]
    pub fn origin(&self, id: &TaskId) -> Option<Origin> {
        self.entry(id).map(|(_, origin)| *origin)
    }

    fn entry(&self, id: &TaskId) -> Option<&(Task, Origin)> {
        let at = self
            .tasks
            .binary_search_by(|(task, _)| task.id.cmp(id))
            .ok()?;
        self.tasks.get(at)
    }

    /// All definitions, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().map(|(task, _)| task)
    }

    /// Number of tasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Contradictions that touch this task; they refuse it, not the fleet.
    #[must_use]
    pub fn faults(&self, id: &TaskId) -> &[String] {
        self.faults.get(id).map_or(&[], Vec::as_slice)
    }

    /// All contradictions.
    pub fn all_faults(&self) -> impl Iterator<Item = (&TaskId, &String)> {
        self.faults
            .iter()
            .flat_map(|(id, list)| list.iter().map(move |fault| (id, fault)))
    }
}

fn place(origin: Origin) -> &'static str {
    match origin {
        Origin::Target => "target",
        Origin::Ledger => "ledger",
    }
}

/// The states that differ from "todo, epoch 0", by task.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct States {
    all: HashMap<TaskId, TaskState>,
    /// The tasks whose claim occupies a lane, expired or not: few among many, asked for often.
    occupying: BTreeSet<TaskId>,
}

/// The state of a task that has no state file.
static UNTOUCHED: TaskState = TaskState {
    epoch: super::state::Epoch(0),
    standing: Standing::Todo { resume: None },
};

impl States {
    /// The state of a task; without a file it is todo at epoch 0.
    #[must_use]
    pub fn get(&self, id: &TaskId) -> &TaskState {
        self.all.get(id).unwrap_or(&UNTOUCHED)
    }

    /// Puts a state in.
    pub fn insert(&mut self, id: TaskId, state: TaskState) {
        if state.occupying().is_some() {
            self.occupying.insert(id.clone());
        } else {
            self.occupying.remove(&id);
        }
        self.all.insert(id, state);
    }

    /// All states that are written down, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&TaskId, &TaskState)> {
        self.all.iter()
    }

    /// The claims of tasks in progress, expired ones included, by task.
    pub fn in_progress(&self) -> impl Iterator<Item = (&TaskId, &TaskState, &Claim)> {
        self.occupying.iter().filter_map(|id| {
            let state = self.all.get(id)?;
            Some((id, state, state.occupying()?))
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
    pub reachable: HashSet<ObjectId>,
    /// The range that the request hands off or lands.
    pub range: Option<RangeFacts>,
    /// The definition that the request's edit gives.
    pub edited: Option<Box<Task>>,
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
    /// What landing it on the target gives.
    pub replayed: Replayed,
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
    /// Records of the tasks that the request names.
    pub records: BTreeMap<TaskId, Vec<Record>>,
    /// The marker.
    pub marker: Option<Marker>,
    /// What git proves.
    pub facts: GitFacts,
}

impl Snapshot {
    /// Whether the task's work is on the target: recorded so, and reachable (X3).
    #[must_use]
    pub fn landed(&self, id: &TaskId) -> bool {
        let commit = match &self.states.get(id).standing {
            Standing::Done(completion) => completion.commit,
            Standing::InReview {
                landing: Some(landing),
                ..
            } => landing.commit,
            _ => return false,
        };
        self.facts.reachable.contains(&commit)
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

    /// Records of a task that the request named.
    #[must_use]
    pub fn records_of(&self, id: &TaskId) -> &[Record] {
        self.records.get(id).map_or(&[], Vec::as_slice)
    }
}
