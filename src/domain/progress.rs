//! How far a task is in its stage contract, and what keeps it from going on: part of its state.

use super::id::{AgentName, WorkstationName};
use super::stage::{Stage, StageContract};
use super::state::Status;
use super::time::Timestamp;

/// How far a task is in its stage contract.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The stages passed, in their order.
    pub passed: Vec<Passage>,
    /// What persons approved.
    pub approved: Vec<Approval>,
    /// Workstations outside the scope that were proposed and accepted.
    pub admitted: Vec<WorkstationName>,
    /// What the task waits for, if it was paused.
    pub gap: Option<Gap>,
}

/// A stage that was passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Which.
    pub stage: Stage,
    /// By whom.
    pub by: AgentName,
    /// When.
    pub at: Timestamp,
    /// Where, if it was said.
    pub workstation: Option<WorkstationName>,
    /// Whether somebody stood in for the agent named.
    pub fallback: bool,
    /// What shows it.
    pub note: Option<String>,
}

/// The approval of a stage by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Of which stage.
    pub stage: Stage,
    /// By whom.
    pub by: AgentName,
    /// When.
    pub at: Timestamp,
}

/// The priority of a gap: as high as there is (S9).
pub const GAP_PRIORITY: u8 = 1;

/// What a paused task lacks, and the way on that was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// How urgent it is; 1 is highest.
    pub priority: u8,
    /// Why it was paused.
    pub reason: String,
    /// What the ledger knew to be missing then.
    pub missing: Vec<String>,
    /// The way on, if one was named.
    pub proposal: Option<Proposal>,
    /// Who paused it.
    pub by: AgentName,
    /// When.
    pub at: Timestamp,
}

/// A way on for a paused task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposal {
    /// Another machine.
    Workstation(WorkstationName),
    /// Waiting until then; afterwards the gap is closed by itself.
    Until(Timestamp),
}

impl Gap {
    /// Whether it keeps the task from going on at `now`.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        match &self.proposal {
            Some(Proposal::Until(until)) => now < *until,
            _ => true,
        }
    }
}

/// Nothing passed, nothing approved, nothing missing.
pub static NO_PROGRESS: Progress = Progress {
    passed: Vec::new(),
    approved: Vec::new(),
    admitted: Vec::new(),
    gap: None,
};

impl Progress {
    /// Whether there is nothing to write down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == NO_PROGRESS
    }

    /// The passage of a stage.
    #[must_use]
    pub fn passage(&self, stage: Stage) -> Option<&Passage> {
        self.passed.iter().find(|passage| passage.stage == stage)
    }

    /// The approval of a stage by a person. One of a stage that was passed stands after its passage:
    /// passing a stage drops what was approved of it before.
    #[must_use]
    pub fn approval(&self, stage: Stage) -> Option<&Approval> {
        self.approved
            .iter()
            .find(|approval| approval.stage == stage)
    }

    /// The gap that keeps the task from going on at `now`.
    #[must_use]
    pub fn open_gap(&self, now: Timestamp) -> Option<&Gap> {
        self.gap.as_ref().filter(|gap| gap.is_open(now))
    }

    /// The first stage of the contract that was not passed.
    #[must_use]
    pub fn next(&self, contract: &StageContract) -> Option<Stage> {
        let mut stages = contract.stages.keys().copied();
        stages.find(|stage| self.passage(*stage).is_none())
    }

    /// What holds on when the task comes to `status`: a stage that has to be done again is not
    /// passed any more.
    #[must_use]
    pub fn kept(&self, status: Status) -> Self {
        let passed = |stage: Stage| match status {
            Status::Todo => stage < Stage::Claim,
            Status::AwaitingScope | Status::InProgress | Status::Blocked => stage < Stage::Execute,
            Status::InReview => stage < Stage::Close,
            Status::Done | Status::Cancelled => true,
        };
        let mut kept = self.clone();
        kept.passed.retain(|passage| passed(passage.stage));
        kept
    }

    /// With one more stage passed.
    #[must_use]
    pub fn with(mut self, passage: Passage) -> Self {
        self.passed.retain(|known| known.stage != passage.stage);
        self.passed.push(passage);
        self.passed.sort_by_key(|passage| passage.stage);
        self
    }
}
