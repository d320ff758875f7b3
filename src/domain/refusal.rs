//! A refusal is data: what was refused, by which gate, because of which fact, held by whom, and
//! what to do next (DESIGN §6).

use std::fmt;

use super::id::{AgentName, LaneName, TaskId, WorkstationName};
use super::state::Epoch;
use super::task::words;
use super::time::Timestamp;

/// What sort of no. It decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalKind {
    /// Nothing to do: a negative answer (exit 1).
    Nothing,
    /// Someone else holds it; waiting may help (exit 3).
    Conflict,
    /// A rule says no (exit 4).
    Rule,
}

words! {
    /// What a refusal is about, so that a program can tell the four errors of an assignment apart
    /// (I8).
    Class {
        /// No such workstation, or none is named.
        Missing = "missing",
        /// The identity map, or the stage contract, does not give it.
        Map = "map",
        /// It is there, and cannot take work now.
        Readiness = "readiness",
        /// Something else comes first.
        Sequencing = "sequencing",
        /// Somebody else has it.
        Occupied = "occupied",
        /// Anything else.
        Other = "other",
    }
}

impl Class {
    /// The class of a gate's id.
    #[must_use]
    pub fn of(gate: &str) -> Self {
        match gate {
            "workstation-missing" => Self::Missing,
            "dependency" | "merge-order" | "parent-waits" | "parked" | "not-before"
            | "task-blocked" | "stage-owed" | "stage-gap" | "stage-gate" => Self::Sequencing,
            "workstation-full" | "lane-busy" | "agent-busy" | "exclusive-group"
            | "path-reservation" | "task-held" | "merge-slot" | "fenced" => Self::Occupied,
            "rerun-identity" | "stage-agent" | "stage-workstation" => Self::Map,
            "remote-execution" | "stage-capability" => Self::Readiness,
            gate if gate.starts_with("workstation-") => Self::Readiness,
            gate if gate.starts_with("agent-") || gate.starts_with("route-") => Self::Map,
            _ => Self::Other,
        }
    }
}

/// Who holds what stands in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The task in whose name it is held.
    pub task: Option<TaskId>,
    /// The agent.
    pub agent: Option<AgentName>,
    /// The lane.
    pub lane: Option<LaneName>,
    /// Until when, if it ends by itself.
    pub until: Option<Timestamp>,
}

/// One condition of a gate that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// Id of the gate, `lane-busy`.
    pub gate: &'static str,
    /// Conflict or rule.
    pub kind: RefusalKind,
    /// Policy asks for a warning only.
    pub warning: bool,
    /// The fact, as a lower-case fragment.
    pub message: String,
    /// Who holds it.
    pub holder: Option<Holder>,
    /// The workstation it is about, if it is about one.
    pub workstation: Option<WorkstationName>,
    /// The next command, or the thing to do.
    pub hint: Option<String>,
    /// Machines that could do the work instead.
    pub alternatives: Vec<Alternative>,
}

/// A machine that could do the work instead, and the command that leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The machine.
    pub workstation: WorkstationName,
    /// The command.
    pub command: String,
}

impl Unmet {
    /// A rule that says no.
    #[must_use]
    pub fn rule(gate: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            gate,
            kind: RefusalKind::Rule,
            warning: false,
            message,
            holder: None,
            workstation: None,
            hint: None,
            alternatives: Vec::new(),
        }
    }

    /// What sort of fact it states.
    #[must_use]
    pub fn class(&self) -> Class {
        Class::of(self.gate)
    }

    /// Something held by someone else.
    #[must_use]
    pub fn conflict(gate: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind: RefusalKind::Conflict,
            ..Self::rule(gate, message)
        }
    }

    /// Names the holder.
    #[must_use]
    pub fn held_by(mut self, holder: Holder) -> Self {
        self.holder = Some(holder);
        self
    }

    /// Names the workstation.
    #[must_use]
    pub fn about(mut self, workstation: &WorkstationName) -> Self {
        self.workstation = Some(workstation.clone());
        self
    }

    /// Names the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Holder {
    /// A task as holder.
    #[must_use]
    pub fn task(id: &TaskId) -> Self {
        Self {
            task: Some(id.clone()),
            agent: None,
            lane: None,
            until: None,
        }
    }

    /// A claim as holder.
    #[must_use]
    pub fn claim(id: &TaskId, claim: &super::state::Claim) -> Self {
        Self {
            task: Some(id.clone()),
            agent: Some(claim.agent.clone()),
            lane: Some(claim.lane.clone()),
            until: Some(claim.expires_at),
        }
    }
}

/// A request that `decide` refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The sort of no.
    pub kind: RefusalKind,
    /// The task it is about.
    pub task: Option<TaskId>,
    /// The epoch in force, where fencing refused.
    pub epoch: Option<Epoch>,
    /// What was refused, as a lower-case fragment: `cannot claim A-1`.
    pub what: String,
    /// Every condition that does not hold; never empty.
    pub unmet: Vec<Unmet>,
}

impl Refusal {
    /// A refusal of `what` for these reasons. A rule outweighs a conflict: waiting alone would
    /// not help.
    #[must_use]
    pub fn new(what: impl Into<String>, task: Option<&TaskId>, unmet: Vec<Unmet>) -> Self {
        let kind = unmet
            .iter()
            .map(|u| u.kind)
            .max()
            .unwrap_or(RefusalKind::Rule);
        Self {
            kind,
            task: task.cloned(),
            epoch: None,
            what: what.into(),
            unmet,
        }
    }

    /// A refusal for one reason.
    #[must_use]
    pub fn one(what: impl Into<String>, task: Option<&TaskId>, unmet: Unmet) -> Self {
        Self::new(what, task, vec![unmet])
    }

    /// The gate that weighs most.
    #[must_use]
    pub fn gate(&self) -> &'static str {
        self.unmet
            .iter()
            .find(|u| u.kind == self.kind)
            .map_or("rule", |u| u.gate)
    }

    /// Whether nothing stands in the way but that nobody has looked at a workstation.
    #[must_use]
    pub fn asks_for_probes(&self) -> bool {
        let mut unmet = self.unmet.iter();
        unmet.all(|unmet| unmet.gate == super::gates::UNPROBED)
    }

    /// The holder named by the gate that weighs most.
    #[must_use]
    pub fn holder(&self) -> Option<&Holder> {
        self.unmet
            .iter()
            .filter(|u| u.kind == self.kind)
            .find_map(|u| u.holder.as_ref())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.what)?;
        for (n, unmet) in self.unmet.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{}", unmet.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
