//! Who may do what, and where: the identity map as a value.
//!
//! Least privilege (G20): what each verb asks of the capabilities of an agent, where the map is
//! enforced and lists agents. A bundle of the file is a name for some of them.
//!
//! | verb | asks for |
//! |---|---|
//! | `claim` | `claim`, the role of the task, a route |
//! | `renew`, `block`, `unblock`, `return`, `release`, `check` by the holder | to hold the task |
//! | `handoff` | to hold the task, and `handoff` |
//! | `review` | `review`, and neither to hold the task nor to have handed the change off |
//! | `check` of work that is handed off, by others | `review` or `merge` |
//! | `evidence` | to hold the task; `review` of another's |
//! | `merge`, `complete` | to hold the task, or `merge` |
//! | `complete` on one's word | `merge` |
//! | `add`, `edit` | `plan`; to unpark, to be a person |
//! | `cancel` | to hold the task; `plan` if nobody does, `admin` if another does |
//! | `reopen` | `plan` of what was cancelled, `admin` of what is done |
//! | `release --force`, `unblock` of another's | `admin` |
//! | `doctor --accept-target` | `admin`, and to be a person |
//! | `hold` | to hold the task; `plan`, or the seat `scope` or `direction`, if another does |
//! | `scope confirm`, `session` | to hold the task |
//! | `scope go` | `plan`, or the seat `scope` or `direction`; not to hold the task |
//! | `except` | to hold the task, or `plan` |
//! | `except --approve`, `--reject`, `--revoke` | to be a person with the seat of the gate, and not who asked |
//! | `note` | to be in the map |
//! | `release --expired`, a landing that was cut short | nothing: the ledger itself shows it |

use std::collections::{BTreeMap, BTreeSet};

use super::id::{AgentName, RoleName, TaskType, WorkstationName};
use super::task::words;

/// `governance/identity-map.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityMap {
    /// Whether the map is enforced.
    pub mode: Mode,
    /// Known executors. Empty: a map with routing alone is enforced by routing.
    pub agents: BTreeMap<AgentName, Agent>,
    /// Who works on what, and where.
    pub routing: BTreeMap<TaskType, Vec<Route>>,
}

words! {
    /// Whether the identity map is enforced.
    Mode {
        /// Names outside the map are refused.
        Enforced = "enforced",
        /// Any name has every capability, recorded unverified.
        Open = "open",
    }
}

/// One executor, AI or person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// AI or person.
    pub kind: AgentKind,
    /// Roles whose work it takes.
    pub roles: BTreeSet<RoleName>,
    /// What it may do.
    pub may: BTreeSet<Capability>,
    /// Seats of a person (G19).
    pub seats: BTreeSet<String>,
    /// Addresses that identify its commits.
    pub emails: Vec<String>,
    /// Keys that sign for it.
    pub signing_keys: Vec<String>,
}

words! {
    /// AI or person.
    AgentKind {
        /// A program.
        Agent = "agent",
        /// A human.
        Person = "person",
    }
}

words! {
    /// What an identity may do.
    Capability {
        /// Take tasks.
        Claim = "claim",
        /// Submit work.
        Handoff = "handoff",
        /// Land submitted work of anyone.
        Merge = "merge",
        /// Judge work.
        Review = "review",
        /// Change the plan on the ledger.
        Plan = "plan",
        /// Override: release others, reopen, cancel.
        Admin = "admin",
    }
}

words! {
    /// A seat that only a person takes (G19).
    Seat {
        /// Says where to go.
        Direction = "direction",
        /// Says what belongs to a task.
        Scope = "scope",
        /// Judges work.
        Review = "review",
        /// Lets work into service.
        Commissioning = "commissioning",
        /// Overrules a gate; logged.
        Override = "override",
    }
}

/// One place in a routing list: who, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Agent names; a trailing `*` matches any rest.
    pub agents: Vec<String>,
    /// Where.
    pub workstation: WorkstationName,
}

impl Route {
    /// Whether the route names `agent`.
    #[must_use]
    pub fn names(&self, agent: &AgentName) -> bool {
        self.agents
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => agent.as_str().starts_with(prefix),
                None => pattern == agent.as_str(),
            })
    }
}

impl IdentityMap {
    /// The map that `init` writes: any name has every capability.
    #[must_use]
    pub fn open() -> Self {
        Self {
            mode: Mode::Open,
            agents: BTreeMap::new(),
            routing: BTreeMap::new(),
        }
    }

    /// Whether `agent` is a person who has `seat`.
    #[must_use]
    pub fn is_seated(&self, agent: &AgentName, seat: Seat) -> bool {
        self.agents.get(agent).is_some_and(|known| {
            known.kind == AgentKind::Person && known.seats.contains(seat.word())
        })
    }

    /// Whether everybody has every capability, known or not.
    #[must_use]
    pub fn grants_all(&self) -> bool {
        self.mode == Mode::Open || self.agents.is_empty()
    }

    /// Whether `agent` has `capability`. In an open map everyone has; in an enforced map without
    /// `agents`, routing decides claims and everything else is open to all.
    #[must_use]
    pub fn may(&self, agent: &AgentName, capability: Capability) -> bool {
        match self.mode {
            Mode::Open => true,
            Mode::Enforced if self.agents.is_empty() => true,
            Mode::Enforced => self
                .agents
                .get(agent)
                .is_some_and(|known| known.may.contains(&capability)),
        }
    }
}
