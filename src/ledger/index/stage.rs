//! Stage contracts and how far tasks are in them, as they stand in a cache.

use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, StageName, WorkstationName};
use crate::domain::progress::{Approval, Gap, Passage, Progress, Proposal};
use crate::domain::stage::{GateWord, Stage, StageContract, StageTerms};
use crate::domain::time::Timestamp;

/// The stages of a contract, each with its terms.
pub type ContractRow = Vec<(String, TermsRow)>;

/// The terms of a stage.
#[derive(Debug, Serialize, Deserialize)]
pub struct TermsRow {
    agent: Option<String>,
    secondary: Vec<String>,
    workstations: Vec<String>,
    capabilities: Vec<String>,
    gate: Option<String>,
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn agents(names: Vec<String>) -> Vec<AgentName> {
    names.into_iter().map(AgentName::accepted_before).collect()
}

fn places(names: Vec<String>) -> Vec<WorkstationName> {
    let names = names.into_iter();
    names.map(WorkstationName::accepted_before).collect()
}

/// Writes a contract.
pub fn contract_row(contract: &StageContract) -> ContractRow {
    let row = |(stage, terms): (&Stage, &StageTerms)| {
        let terms = TermsRow {
            agent: terms.agent.as_ref().map(ToString::to_string),
            secondary: texts(&terms.secondary),
            workstations: texts(&terms.workstations),
            capabilities: terms.capabilities.clone(),
            gate: terms.gate.as_ref().map(ToString::to_string),
        };
        (stage.word().to_owned(), terms)
    };
    contract.stages.iter().map(row).collect()
}

/// The contract; `None` when the row was not written by this build's format after all.
pub fn contract_of(row: ContractRow) -> Option<StageContract> {
    let stage = |(word, terms): (String, TermsRow)| {
        let gate = terms.gate.map(StageName::accepted_before);
        let terms = StageTerms {
            agent: terms.agent.map(AgentName::accepted_before),
            secondary: agents(terms.secondary),
            workstations: places(terms.workstations),
            capabilities: terms.capabilities,
            gate: gate.map(GateWord::of),
        };
        Some((Stage::from_word(&word)?, terms))
    };
    let stages: Option<_> = row.into_iter().map(stage).collect();
    Some(StageContract { stages: stages? })
}

/// How far a task is in its contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProgressRow {
    passed: Vec<PassageRow>,
    approved: Vec<(String, String, i64)>,
    admitted: Vec<String>,
    gap: Option<GapRow>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PassageRow {
    stage: String,
    by: String,
    at: i64,
    workstation: Option<String>,
    fallback: bool,
    note: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct GapRow {
    priority: u8,
    reason: String,
    missing: Vec<String>,
    workstation: Option<String>,
    until: Option<i64>,
    by: String,
    at: i64,
}

impl From<&Progress> for ProgressRow {
    fn from(progress: &Progress) -> Self {
        let passed = progress.passed.iter().map(|passage| PassageRow {
            stage: passage.stage.word().to_owned(),
            by: passage.by.to_string(),
            at: passage.at.seconds(),
            workstation: passage.workstation.as_ref().map(ToString::to_string),
            fallback: passage.fallback,
            note: passage.note.clone(),
        });
        let approved = progress.approved.iter().map(|approval| {
            let Approval { stage, by, at } = approval;
            (stage.word().to_owned(), by.to_string(), at.seconds())
        });
        Self {
            passed: passed.collect(),
            approved: approved.collect(),
            admitted: texts(&progress.admitted),
            gap: progress.gap.as_ref().map(GapRow::from),
        }
    }
}

impl From<&Gap> for GapRow {
    fn from(gap: &Gap) -> Self {
        let (workstation, until) = match &gap.proposal {
            None => (None, None),
            Some(Proposal::Workstation(name)) => (Some(name.to_string()), None),
            Some(Proposal::Until(until)) => (None, Some(until.seconds())),
        };
        Self {
            priority: gap.priority,
            reason: gap.reason.clone(),
            missing: gap.missing.clone(),
            workstation,
            until,
            by: gap.by.to_string(),
            at: gap.at.seconds(),
        }
    }
}

impl ProgressRow {
    /// The progress; `None` when the row was not written by this build's format after all.
    pub fn into_progress(self) -> Option<Progress> {
        let passage = |row: PassageRow| {
            Some(Passage {
                stage: Stage::from_word(&row.stage)?,
                by: AgentName::accepted_before(row.by),
                at: Timestamp::from_seconds(row.at),
                workstation: row.workstation.map(WorkstationName::accepted_before),
                fallback: row.fallback,
                note: row.note,
            })
        };
        let approval = |(stage, by, at): (String, String, i64)| {
            Some(Approval {
                stage: Stage::from_word(&stage)?,
                by: AgentName::accepted_before(by),
                at: Timestamp::from_seconds(at),
            })
        };
        let passed: Option<_> = self.passed.into_iter().map(passage).collect();
        let approved: Option<_> = self.approved.into_iter().map(approval).collect();
        Some(Progress {
            passed: passed?,
            approved: approved?,
            admitted: places(self.admitted),
            gap: self.gap.map(GapRow::into_gap),
        })
    }
}

impl GapRow {
    fn into_gap(self) -> Gap {
        let machine = self.workstation.map(WorkstationName::accepted_before);
        let until = self.until.map(Timestamp::from_seconds);
        Gap {
            priority: self.priority,
            reason: self.reason,
            missing: self.missing,
            proposal: machine
                .map(Proposal::Workstation)
                .or(until.map(Proposal::Until)),
            by: AgentName::accepted_before(self.by),
            at: Timestamp::from_seconds(self.at),
        }
    }
}
