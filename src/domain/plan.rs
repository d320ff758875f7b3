//! All definitions of target and ledger, by id.
//!
//! A plan may come from a cache: then only the heads of its tasks are at hand, and a task is read
//! when a rule looks at it. Which tasks there are, and what they say, never depends on that.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::id::TaskId;
use super::stage::StageContract;
use super::task::Task;

/// Where a definition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// On the target: planned and reviewed like code.
    Target,
    /// On the ledger: added by the tool.
    Ledger,
}

/// What the order of the queue looks at: enough to pass over a task without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    /// The id.
    pub id: &'a str,
    /// Whose work.
    pub role: &'a str,
    /// The number of the lane it is pinned to.
    pub lane: Option<u16>,
    /// 1 is highest.
    pub priority: u8,
    /// Order among siblings.
    pub sequence: i64,
    /// Seconds since 1970; the largest value where none is known.
    pub created: i64,
}

impl<'a> Head<'a> {
    /// The head of a task.
    #[must_use]
    pub fn of(task: &'a Task) -> Self {
        Self {
            id: task.id.as_str(),
            role: task.role.as_str(),
            lane: task.lane.as_ref().map(super::id::LaneName::number),
            priority: task.priority,
            sequence: task.sequence,
            created: task
                .created_at
                .map_or(i64::MAX, super::time::Timestamp::seconds),
        }
    }
}

/// Definitions that are read when they are looked at; sorted by id, each id once.
pub trait Definitions: fmt::Debug + Send + Sync {
    /// Number of tasks.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The head of the task at a place.
    fn head(&self, at: usize) -> Head<'_>;

    /// Where the task at a place is defined.
    fn origin(&self, at: usize) -> Origin;

    /// The task at a place; `None` when its source is gone. A definition that is in memory is
    /// shared, not copied: a plan may be long (P23).
    fn read(&self, at: usize) -> Option<Arc<Task>>;
}

/// All task definitions of both branches, sorted by id.
#[derive(Debug, Clone)]
pub struct Plan {
    source: Arc<dyn Definitions>,
    /// Tasks that were read, by place.
    read: Arc<[OnceLock<Option<Arc<Task>>>]>,
    faults: BTreeMap<TaskId, Vec<String>>,
    referred: Arc<Referred>,
    contracts: Arc<Contracts>,
    /// Places of definitions that count no more, because their task is archived.
    hidden: Arc<BTreeSet<usize>>,
}

/// A file that holds a stage contract: the branch of the tasks that name it, and its path below
/// `governance/`.
pub type ContractFile = (Origin, String);

/// The tasks that name a stage contract in a file, by file.
pub type Referred = BTreeMap<ContractFile, Vec<TaskId>>;

/// The stage contracts in files, by branch and path, so that a task looks its own up by what it
/// names.
pub type Contracts = BTreeMap<Origin, BTreeMap<String, StageContract>>;

impl Default for Plan {
    fn default() -> Self {
        Self::new(Vec::<Defined>::new())
    }
}

/// Definitions in memory.
#[derive(Debug)]
struct InMemory(Vec<Defined>);

impl Definitions for InMemory {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn head(&self, at: usize) -> Head<'_> {
        Head::of(&self.0[at].0)
    }

    fn origin(&self, at: usize) -> Origin {
        self.0[at].1
    }

    fn read(&self, at: usize) -> Option<Arc<Task>> {
        self.0.get(at).map(|(task, _)| task.clone())
    }
}

impl Plan {
    /// A plan of these definitions. Where both branches define a task alike the target's counts;
    /// every other repetition is a fault of that task.
    #[must_use]
    pub fn new<T: Into<Arc<Task>>>(definitions: impl IntoIterator<Item = (T, Origin)>) -> Self {
        let definitions = definitions.into_iter();
        let (tasks, faults) = merged(
            definitions
                .map(|(task, origin)| (task.into(), origin))
                .collect(),
        );
        let mut referred = Referred::new();
        for (task, origin) in &tasks {
            if let Some(path) = &task.stages_ref {
                let naming = referred.entry((*origin, path.clone())).or_default();
                naming.push(task.id.clone());
            }
        }
        Self::of(Arc::new(InMemory(tasks)), faults, referred)
    }

    /// A plan of definitions that were merged before, with the faults and references found then.
    #[must_use]
    pub fn of(
        source: Arc<dyn Definitions>,
        faults: BTreeMap<TaskId, Vec<String>>,
        referred: Referred,
    ) -> Self {
        let read = (0..source.len()).map(|_| OnceLock::new()).collect();
        Self {
            source,
            read,
            faults,
            referred: Arc::new(referred),
            contracts: Arc::default(),
            hidden: Arc::default(),
        }
    }

    /// The same plan without these tasks: their definitions stand in a file, and count no more.
    #[must_use]
    pub fn without<'t>(&self, tasks: impl IntoIterator<Item = &'t TaskId>) -> Self {
        let places = tasks.into_iter().filter_map(|id| self.find(id.as_str()));
        let hidden: BTreeSet<usize> = places.chain(self.hidden.iter().copied()).collect();
        Self {
            hidden: Arc::new(hidden),
            ..self.clone()
        }
    }

    /// The files that tasks name by `stages_ref`.
    #[must_use]
    pub fn referred(&self) -> &Referred {
        &self.referred
    }

    /// The same plan with the contracts of those files. One that is missing or does not read is a
    /// fault of the tasks that name it.
    #[must_use]
    pub fn with_contracts(
        &self,
        read: BTreeMap<ContractFile, Result<StageContract, String>>,
    ) -> Self {
        let (mut contracts, mut faults) = (Contracts::new(), self.faults.clone());
        for (file, contract) in read {
            match contract {
                Ok(contract) => {
                    let (origin, path) = file;
                    contracts.entry(origin).or_default().insert(path, contract);
                }
                Err(why) => {
                    for id in self.referred.get(&file).into_iter().flatten() {
                        let fault = format!("`{id}` names the stages of `{}`: {why}", file.1);
                        faults.entry(id.clone()).or_default().push(fault);
                    }
                }
            }
        }
        Self {
            faults,
            contracts: Arc::new(contracts),
            ..self.clone()
        }
    }

    /// The stage contract of a task, in its definition or in the file that it names.
    #[must_use]
    pub fn contract<'a>(&'a self, task: &'a Task) -> Option<&'a StageContract> {
        if task.stages.is_some() {
            return task.stages.as_ref();
        }
        let path = task.stages_ref.as_deref()?;
        let origin = self.origin(&task.id)?;
        self.contracts.get(&origin)?.get(path)
    }

    /// The definition of a task.
    #[must_use]
    pub fn get(&self, id: &TaskId) -> Option<&Task> {
        self.at(self.find(id.as_str())?)
    }

    /// The definition at a place of [`heads`](Self::heads).
    #[must_use]
    pub fn at(&self, place: usize) -> Option<&Task> {
        let cell = self.read.get(place)?;
        cell.get_or_init(|| self.source.read(place)).as_deref()
    }

    /// What a plan file still defines under the id of an archived task.
    #[must_use]
    pub fn hidden(&self, id: &TaskId) -> Option<&Task> {
        let at = self.position(id.as_str())?;
        self.at(at).filter(|_| self.hidden.contains(&at))
    }

    fn find(&self, id: &str) -> Option<usize> {
        self.position(id)
            .filter(|place| !self.hidden.contains(place))
    }

    fn position(&self, id: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.source.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.source.head(middle).id.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Where a task is defined.
    #[must_use]
    pub fn origin(&self, id: &TaskId) -> Option<Origin> {
        self.find(id.as_str()).map(|at| self.source.origin(at))
    }

    /// The heads of all tasks with their places, by id. Nothing is read for it.
    pub fn heads(&self) -> impl Iterator<Item = (usize, Head<'_>)> {
        self.places().map(|at| (at, self.source.head(at)))
    }

    /// All definitions, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Task> {
        self.places().filter_map(|at| self.at(at))
    }

    fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.source.len()).filter(|place| !self.hidden.contains(place))
    }

    /// Number of tasks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.source.len() - self.hidden.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
            .filter(|(id, _)| self.find(id.as_str()).is_some())
            .flat_map(|(id, list)| list.iter().map(move |fault| (id, fault)))
    }
}

/// A definition and where it stands.
pub type Defined = (Arc<Task>, Origin);

/// What contradicts what, by task.
pub type Faults = BTreeMap<TaskId, Vec<String>>;

/// Sorts definitions by id, each id once, and says what contradicts what.
#[must_use]
pub fn merged(mut tasks: Vec<Defined>) -> (Vec<Defined>, Faults) {
    tasks.sort_by(|(a, x), (b, y)| a.id.cmp(&b.id).then(x.cmp(y)));
    let mut faults = Faults::new();
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
    (tasks, faults)
}

fn place(origin: Origin) -> &'static str {
    match origin {
        Origin::Target => "target",
        Origin::Ledger => "ledger",
    }
}

/// Plans are alike when they define the same, wherever that is read from.
impl PartialEq for Plan {
    fn eq(&self, other: &Self) -> bool {
        self.source.len() == other.source.len()
            && self.hidden == other.hidden
            && self.faults == other.faults
            && self.contracts == other.contracts
            && (0..self.source.len()).all(|at| {
                self.source.origin(at) == other.source.origin(at) && self.at(at) == other.at(at)
            })
    }
}
