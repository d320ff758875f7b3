//! What the rules judge: every governance file that reads, as values.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::LazyLock;

use crate::domain::id::{RoleName, TaskId, WorkstationName};
use crate::domain::identity::IdentityMap;
use crate::domain::marker::Marker;
use crate::domain::package::Package;
use crate::domain::plan::ContractFile;
use crate::domain::policy::Policy;
use crate::domain::snapshot::Origin;
use crate::domain::stage::{Stage, StageContract, StageTerms};
use crate::domain::state::Status;
use crate::domain::task::Task;
use crate::domain::workstation::Registry;

/// A value and the number of the file that says it.
#[derive(Debug, Clone)]
pub struct Held<T> {
    /// The file.
    pub file: usize,
    /// What it says.
    pub value: T,
}

/// How much of the plan was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// All of it.
    #[default]
    Whole,
    /// The target's; the ledger may define more tasks.
    TargetAlone,
    /// Some plan file does not read.
    Broken,
}

/// The names of entries that do not read: whoever refers to one of them is not told that there is
/// no such thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Those that can be told.
    pub names: HashSet<String>,
    /// Whether there is an entry of which even the name does not read: it may be anything.
    pub nameless: bool,
}

impl Unread {
    /// Whether an entry that does not read may have this name.
    pub(super) fn may_be(&self, name: &str) -> bool {
        self.nameless || self.names.contains(name)
    }

    /// The same for a name whose last character may be `*`.
    pub(super) fn may_match(&self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(start) => self.nameless || self.names.iter().any(|one| one.starts_with(start)),
            None => self.may_be(pattern),
        }
    }

    /// Whether every entry reads.
    pub(super) fn is_empty(&self) -> bool {
        !self.nameless && self.names.is_empty()
    }
}

/// The lists of governance files of which an entry may not read while the others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// `roles` of policy.
    Roles,
    /// `agents` of the identity map.
    Agents,
    /// `routing` of the identity map, by type.
    Routing,
    /// `workstations`.
    Workstations,
}

/// The values that governance files hold; what did not read is left out.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// `policy.yaml`.
    pub policy: Option<Held<Policy>>,
    /// `identity-map.yaml`.
    pub identity: Option<Held<IdentityMap>>,
    /// `workstations.yaml`.
    pub workstations: Option<Held<Registry>>,
    /// `ledger.yaml`.
    pub marker: Option<Held<Marker>>,
    /// Plan files of both branches, the target's first.
    pub plans: Vec<PlanSource>,
    /// The states that are written down.
    pub states: HashMap<TaskId, Held<Status>>,
    /// The files of stages that are there, below `governance/`; without a value those that do not
    /// read.
    pub stages: BTreeMap<ContractFile, Option<Held<StageContract>>>,
    /// Work packages that are there, below `governance/`; without a value those that do not read.
    pub packages: BTreeMap<ContractFile, Option<Held<Package>>>,
    /// The definitions of archived tasks, file by file.
    pub archives: Vec<Held<Vec<Task>>>,
    /// Ids of tasks whose definitions do not read, or are archived.
    pub elsewhere: HashSet<TaskId>,
    /// Ids of archived tasks: closed, whatever a plan file still says of them.
    pub archived: HashSet<TaskId>,
    /// Entries of lists that do not read; they are not among the values.
    pub unread: BTreeMap<ListKind, Unread>,
    /// How much of the plan was read.
    pub reach: Reach,
    /// Whether some entry of a plan file has no id: it may be any task.
    pub nameless: bool,
}

/// One plan file.
#[derive(Debug, Clone)]
pub struct PlanSource {
    /// The file.
    pub file: usize,
    /// Its branch.
    pub origin: Origin,
    /// Its tasks.
    pub tasks: Vec<Planned>,
}

/// One definition.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number among the file's tasks, from 0.
    pub item: usize,
    /// What it says.
    pub task: Arc<Task>,
    /// How it is written, where policy asks about that.
    pub written: Option<Written>,
}

/// How a definition is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// The keys that are there.
    pub keys: Vec<String>,
    /// The text of `notes`.
    pub notes: Option<String>,
}

/// A definition and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Definition<'a> {
    /// The file.
    pub file: usize,
    /// Its branch.
    pub origin: Origin,
    /// The definition.
    pub planned: &'a Planned,
}

/// The terms of one stage, and where they stand.
#[derive(Debug, Clone)]
pub(super) struct Terms<'a> {
    /// The file.
    pub(super) file: usize,
    /// The pointer to the stage.
    pub(super) pointer: String,
    /// The contract around it.
    pub(super) contract: &'a StageContract,
    /// Which stage.
    pub(super) stage: Stage,
    /// What is asked for.
    pub(super) terms: &'a StageTerms,
}

impl<'a> Definition<'a> {
    /// The task.
    pub fn task(&self) -> &'a Task {
        &self.planned.task
    }

    /// The pointer to the value at `rest` of the definition: `/depends_on/0`.
    pub fn pointer(&self, rest: &str) -> String {
        format!("/tasks/{}{rest}", self.planned.item)
    }
}

/// Everything there is to judge, with its tasks by id.
#[derive(Debug, Clone)]
pub struct Governance {
    parts: Parts,
    first: HashMap<TaskId, (usize, usize)>,
}

impl std::ops::Deref for Governance {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Governance {
    /// Makes the parts ready for the rules.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let mut first = HashMap::new();
        for (plan, source) in parts.plans.iter().enumerate() {
            for (at, planned) in source.tasks.iter().enumerate() {
                first.entry(planned.task.id.clone()).or_insert((plan, at));
            }
        }
        Self { parts, first }
    }

    fn definition(&self, (plan, at): (usize, usize)) -> Definition<'_> {
        let source = &self.parts.plans[plan];
        Definition {
            file: source.file,
            origin: source.origin,
            planned: &source.tasks[at],
        }
    }

    /// The definition that counts: the target's, else the first.
    pub(super) fn get(&self, id: &TaskId) -> Option<Definition<'_>> {
        self.first.get(id).map(|place| self.definition(*place))
    }

    /// Whether some file defines the task, or did before it was archived.
    pub(super) fn knows(&self, id: &TaskId) -> bool {
        self.first.contains_key(id) || self.parts.elsewhere.contains(id)
    }

    /// Every definition, in the order of the files.
    pub(super) fn definitions(&self) -> impl Iterator<Item = Definition<'_>> {
        self.parts.plans.iter().flat_map(|source| {
            source.tasks.iter().map(|planned| Definition {
                file: source.file,
                origin: source.origin,
                planned,
            })
        })
    }

    /// The definitions that are worth a look: none that says again what another says.
    pub(super) fn distinct(&self) -> impl Iterator<Item = Definition<'_>> {
        self.definitions().filter(|definition| {
            let counts = self.get(&definition.task().id);
            counts.is_none_or(|counts| {
                std::ptr::eq(counts.planned, definition.planned)
                    || counts.task() != definition.task()
            })
        })
    }

    /// The distinct definitions of tasks that are neither done nor given up.
    pub(super) fn open(&self) -> impl Iterator<Item = Definition<'_>> {
        self.distinct()
            .filter(|definition| !self.closed(&definition.task().id))
    }

    /// The terms of every stage that the plan or a file of stages names.
    pub(super) fn stages(&self) -> impl Iterator<Item = Terms<'_>> {
        let inline = self.open().filter_map(|definition| {
            let contract = definition.planned.task.stages.as_ref()?;
            Some((definition.file, definition.pointer("/stages"), contract))
        });
        let files = self.parts.stages.values().flatten();
        let files = files.map(|held| (held.file, "/stages".to_owned(), &held.value));
        inline.chain(files).flat_map(|(file, pointer, contract)| {
            contract.stages.iter().map(move |(stage, terms)| Terms {
                file,
                pointer: format!("{pointer}/{stage}"),
                contract,
                stage: *stage,
                terms,
            })
        })
    }

    /// Whether a task that no file defines may be there all the same: then that is worth knowing,
    /// and no more.
    pub(super) fn may_know_more(&self) -> bool {
        self.parts.reach != Reach::Whole || self.parts.nameless
    }

    /// What may still define a task that no file does, as the end of a message.
    pub(super) fn unless(&self) -> &'static str {
        match self.parts.nameless {
            true => ", unless an entry without an id is meant",
            false => "",
        }
    }

    /// What of a list does not read.
    pub(super) fn unread(&self, list: ListKind) -> &Unread {
        static NONE: LazyLock<Unread> = LazyLock::new(Unread::default);
        self.parts.unread.get(&list).unwrap_or(&NONE)
    }

    /// Whether policy has the role, as far as it reads.
    pub(super) fn may_have_role(&self, role: &RoleName) -> bool {
        let policy = self.parts.policy.as_ref();
        policy.is_none_or(|held| held.value.roles.contains_key(role))
            || self.unread(ListKind::Roles).may_be(role.as_str())
    }

    /// Whether the workstation is registered, as far as the registry reads.
    pub(super) fn may_have_workstation(&self, name: &WorkstationName) -> bool {
        let registry = self.parts.workstations.as_ref();
        registry.is_none_or(|held| held.value.workstations.contains_key(name))
            || self.unread(ListKind::Workstations).may_be(name.as_str())
    }

    /// Whether the task is done or given up.
    pub(super) fn closed(&self, id: &TaskId) -> bool {
        let states = &self.parts.states;
        self.parts.archived.contains(id)
            || states
                .get(id)
                .is_some_and(|state| matches!(state.value, Status::Done | Status::Cancelled))
    }
}
