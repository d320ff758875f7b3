//! The stage contract of a task: who does which stage, where, and what must hold before it
//! (S1 to S6).
//!
//! Stages have one order. A contract names those that the task goes through; what it leaves out is
//! not asked for. `resource`, `plan` and `plan_review` are passed by hand (`laneway stage --pass`);
//! `claim`, `execute`, `review` and `close` are passed by the verb that does them: the claim, the
//! handoff, an accepting review, the landing.

use std::collections::BTreeMap;
use std::fmt;

use super::id::{AgentName, StageName, WorkstationName};
use super::task::words;

words! {
    /// A stage of a task, in their order.
    Stage {
        /// Finding what the work needs.
        Resource = "resource",
        /// Planning it.
        Plan = "plan",
        /// Judging the plan.
        PlanReview = "plan_review",
        /// Taking it.
        Claim = "claim",
        /// Doing it.
        Execute = "execute",
        /// Judging it.
        Review = "review",
        /// Landing it.
        Close = "close",
    }
}

impl Stage {
    /// Whether it is passed by hand, before anybody claims the task.
    #[must_use]
    pub fn by_hand(self) -> bool {
        self < Self::Claim
    }

    /// The verb that passes it, where it is not passed by hand.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Resource | Self::Plan | Self::PlanReview => "stage",
            Self::Claim => "claim",
            Self::Execute => "handoff",
            Self::Review => "review",
            Self::Close => "merge",
        }
    }

    /// The stage whose doer must not do this one: nobody judges their own plan or work.
    #[must_use]
    pub fn judges(self) -> Option<Self> {
        match self {
            Self::PlanReview => Some(Self::Plan),
            Self::Review => Some(Self::Execute),
            _ => None,
        }
    }
}

words! {
    /// What can be asked for before a stage.
    StageGate {
        /// A workstation of the stage is in service and has what the stage and the task ask for.
        MachineReady = "machine_ready",
        /// A person has approved the stage.
        Approval = "approval",
        /// The plan has been judged; without a stage `plan_review`, a person other than its maker
        /// has approved `plan` since it was passed.
        PlanApproved = "plan_approved",
        /// The stage before it was passed with evidence: a note, or checks that passed.
        Evidence = "evidence",
    }
}

/// The gate of a stage as it is written. An unknown word reads, so that the fleet goes on; it
/// holds for nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateWord {
    /// One that means something.
    Known(StageGate),
    /// One that means nothing.
    Unknown(StageName),
}

impl GateWord {
    /// What a written word means.
    #[must_use]
    pub fn of(name: StageName) -> Self {
        StageGate::from_word(name.as_str()).map_or(Self::Unknown(name), Self::Known)
    }
}

impl fmt::Display for GateWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(gate) => gate.fmt(f),
            Self::Unknown(name) => name.fmt(f),
        }
    }
}

/// Who does one stage, where, and what must hold before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageTerms {
    /// Who; none: anyone whom the map allows.
    pub agent: Option<AgentName>,
    /// Who may stand in. That it was one of them is on record as a fallback: whether an agent can
    /// be had, no ledger knows, so nothing is asked before.
    pub secondary: Vec<AgentName>,
    /// On which workstations; empty: any that is capable.
    pub workstations: Vec<WorkstationName>,
    /// What the workstation must have.
    pub capabilities: Vec<String>,
    /// What must hold before the stage.
    pub gate: Option<GateWord>,
}

/// How an agent stands to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// It is the one named, or nobody is.
    Primary,
    /// It stands in.
    Secondary,
    /// Others are named.
    Stranger,
}

impl StageTerms {
    /// How `agent` stands to the stage.
    #[must_use]
    pub fn rank(&self, agent: &AgentName) -> Rank {
        if self.secondary.contains(agent) && self.agent.as_ref() != Some(agent) {
            Rank::Secondary
        } else if self.agent.as_ref().is_none_or(|named| named == agent) {
            Rank::Primary
        } else {
            Rank::Stranger
        }
    }

    /// The agents that are named, the first one first.
    pub fn agents(&self) -> impl Iterator<Item = &AgentName> {
        self.agent.iter().chain(&self.secondary)
    }

    /// Whether the terms name this agent, as the first or to stand in.
    #[must_use]
    pub fn names(&self, agent: &AgentName) -> bool {
        self.agents().any(|named| named == agent)
    }

    /// Whether the workstation is among those named, or none is.
    #[must_use]
    pub fn admits(&self, name: &WorkstationName) -> bool {
        self.workstations.is_empty() || self.workstations.contains(name)
    }
}

/// The stages that a task goes through.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageContract {
    /// The terms of each, in their order.
    pub stages: BTreeMap<Stage, StageTerms>,
}

/// The stages that a claim begins: taking the task, and doing it.
pub const CLAIMED: [Stage; 2] = [Stage::Claim, Stage::Execute];

impl StageContract {
    /// The terms of a stage.
    #[must_use]
    pub fn terms(&self, stage: Stage) -> Option<&StageTerms> {
        self.stages.get(&stage)
    }

    /// The terms of the stages that a claim begins.
    pub fn claimed(&self) -> impl Iterator<Item = (Stage, &StageTerms)> {
        let terms = |stage| Some((stage, self.terms(stage)?));
        CLAIMED.into_iter().filter_map(terms)
    }

    /// The last stage passed by hand before `stage`: the one whose evidence can be asked for.
    #[must_use]
    pub fn by_hand_before(&self, stage: Stage) -> Option<Stage> {
        let before = self.stages.range(..stage).map(|(before, _)| *before);
        before.rev().find(|before| before.by_hand())
    }

    /// The stage before `stage` that shows that the plan has been judged: `plan_review` when it was
    /// passed, else `plan` when a person has approved it.
    #[must_use]
    pub fn plan_before(&self, stage: Stage) -> Option<Stage> {
        let has = |one: &Stage| *one < stage && self.stages.contains_key(one);
        [Stage::PlanReview, Stage::Plan].into_iter().find(has)
    }
}
