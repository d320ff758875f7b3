//! How far a task is in its stage contract: in state files, records and requests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::domain::id::{AgentName, WorkstationName};
use crate::domain::progress::{Approval, Gap, Passage, Progress, Proposal};
use crate::domain::record::{GapRecord, StageDeed, StageRecord};
use crate::domain::stage::Stage;
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::{Text, texts};

/// How far a task is in its stage contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressEntry {
    /// The stages passed, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<PassageEntry>,
    /// What persons approved, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approved: Vec<ApprovalEntry>,
    /// Workstations outside the scope that were proposed and accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub admitted: Vec<Text<WorkstationName>>,
    /// What the task waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapEntry>,
}

/// A stage that was passed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassageEntry {
    /// Which.
    pub stage: Text<Stage>,
    /// By whom.
    pub by: Text<AgentName>,
    /// When.
    pub at: Text<Timestamp>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workstation: Option<Text<WorkstationName>>,
    /// Whether somebody stood in for the agent named.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fallback: bool,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The approval of a stage by a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalEntry {
    /// Of which stage.
    pub stage: Text<Stage>,
    /// By whom.
    pub by: Text<AgentName>,
    /// When.
    pub at: Text<Timestamp>,
}

/// What a paused task waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GapEntry {
    /// How urgent it is; 1 is highest.
    #[schemars(range(min = 1, max = 9))]
    pub priority: u8,
    /// Why it was paused.
    pub reason: String,
    /// What was known to be missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The way on: another machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workstation: Option<Text<WorkstationName>>,
    /// The way on: waiting until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Text<Timestamp>>,
    /// Who paused it.
    pub by: Text<AgentName>,
    /// When.
    pub at: Text<Timestamp>,
}

/// A stage that was passed or approved, in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRecordEntry {
    /// Which.
    pub stage: Text<Stage>,
    /// What was done.
    pub deed: Text<StageDeed>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workstation: Option<Text<WorkstationName>>,
    /// Whether somebody stood in for the agent named.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fallback: bool,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A pause or its end, in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GapRecordEntry {
    /// What the task waits for from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<GapEntry>,
    /// Why it went on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<ClosedEntry>,
}

/// The end of a pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedEntry {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The proposed machine that was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted: Option<Text<WorkstationName>>,
}

/// The way on, from the two keys that say it.
pub(super) fn proposal(
    at: &Place<'_>,
    workstation: Option<Text<WorkstationName>>,
    until: Option<Text<Timestamp>>,
) -> Option<Proposal> {
    let machine = at.maybe("workstation", workstation);
    let until = at.maybe("until", until);
    if machine.is_some() && until.is_some() {
        at.key("until")
            .refuse("`workstation` and `until` exclude each other");
    }
    machine
        .map(Proposal::Workstation)
        .or(until.map(Proposal::Until))
}

/// The two keys that say the way on.
pub(super) fn proposed(
    proposal: Option<&Proposal>,
) -> (Option<Text<WorkstationName>>, Option<Text<Timestamp>>) {
    match proposal {
        None => (None, None),
        Some(Proposal::Workstation(name)) => (Some(name.clone().into()), None),
        Some(Proposal::Until(until)) => (None, Some((*until).into())),
    }
}

impl ProgressEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Progress> {
        let passed: Vec<Passage> = at.items("passed", self.passed, |at, entry| entry.convert(at));
        if !passed.is_sorted_by(|one, next| one.stage < next.stage) {
            at.key("passed")
                .refuse("stages are passed once each, in their order");
        }
        let approved = at.items("approved", self.approved, |at, entry| entry.convert(at));
        let admitted = at.list("admitted", self.admitted);
        let gap = self.gap.map(|gap| gap.convert(&at.key("gap")));
        let progress = Progress {
            passed,
            approved,
            admitted,
            gap: match gap {
                None => None,
                Some(read) => Some(read?),
            },
        };
        if progress.is_empty() {
            at.refuse("nothing is said of stages");
        }
        Some(progress)
    }
}

impl From<&Progress> for ProgressEntry {
    fn from(progress: &Progress) -> Self {
        Self {
            passed: progress.passed.iter().map(PassageEntry::from).collect(),
            approved: progress.approved.iter().map(ApprovalEntry::from).collect(),
            admitted: texts(&progress.admitted),
            gap: progress.gap.as_ref().map(GapEntry::from),
        }
    }
}

impl PassageEntry {
    fn convert(self, at: &Place<'_>) -> Option<Passage> {
        let stage = at.text("stage", self.stage);
        let by = at.text("by", self.by);
        let moment = at.text("at", self.at);
        let workstation = at.maybe("workstation", self.workstation);
        Some(Passage {
            stage: stage?,
            by: by?,
            at: moment?,
            workstation,
            fallback: self.fallback,
            note: self.note,
        })
    }
}

impl From<&Passage> for PassageEntry {
    fn from(passage: &Passage) -> Self {
        Self {
            stage: passage.stage.into(),
            by: passage.by.clone().into(),
            at: passage.at.into(),
            workstation: passage.workstation.clone().map(Text::from),
            fallback: passage.fallback,
            note: passage.note.clone(),
        }
    }
}

impl ApprovalEntry {
    fn convert(self, at: &Place<'_>) -> Option<Approval> {
        let stage = at.text("stage", self.stage);
        let by = at.text("by", self.by);
        let moment = at.text("at", self.at);
        Some(Approval {
            stage: stage?,
            by: by?,
            at: moment?,
        })
    }
}

impl From<&Approval> for ApprovalEntry {
    fn from(approval: &Approval) -> Self {
        Self {
            stage: approval.stage.into(),
            by: approval.by.clone().into(),
            at: approval.at.into(),
        }
    }
}

impl GapEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<Gap> {
        let proposal = proposal(at, self.workstation, self.until);
        let by = at.text("by", self.by);
        let moment = at.text("at", self.at);
        Some(Gap {
            priority: self.priority,
            reason: self.reason,
            missing: self.missing,
            proposal,
            by: by?,
            at: moment?,
        })
    }
}

impl From<&Gap> for GapEntry {
    fn from(gap: &Gap) -> Self {
        let (workstation, until) = proposed(gap.proposal.as_ref());
        Self {
            priority: gap.priority,
            reason: gap.reason.clone(),
            missing: gap.missing.clone(),
            workstation,
            until,
            by: gap.by.clone().into(),
            at: gap.at.into(),
        }
    }
}

impl StageRecordEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<StageRecord> {
        let stage = at.text("stage", self.stage);
        let deed = at.text("deed", self.deed);
        let workstation = at.maybe("workstation", self.workstation);
        Some(StageRecord {
            stage: stage?,
            deed: deed?,
            workstation,
            fallback: self.fallback,
            note: self.note,
        })
    }
}

impl From<&StageRecord> for StageRecordEntry {
    fn from(record: &StageRecord) -> Self {
        Self {
            stage: record.stage.into(),
            deed: record.deed.into(),
            workstation: record.workstation.clone().map(Text::from),
            fallback: record.fallback,
            note: record.note.clone(),
        }
    }
}

impl GapRecordEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<GapRecord> {
        match (self.opened, self.closed) {
            (Some(gap), None) => Some(GapRecord::Opened(gap.convert(&at.key("opened"))?)),
            (None, Some(closed)) => Some(GapRecord::Closed {
                reason: closed.reason,
                admitted: at.key("closed").maybe("admitted", closed.admitted),
            }),
            _ => {
                at.refuse("a gap is either `opened` or `closed`");
                None
            }
        }
    }
}

impl From<&GapRecord> for GapRecordEntry {
    fn from(record: &GapRecord) -> Self {
        match record {
            GapRecord::Opened(gap) => Self {
                opened: Some(gap.into()),
                closed: None,
            },
            GapRecord::Closed { reason, admitted } => Self {
                opened: None,
                closed: Some(ClosedEntry {
                    reason: reason.clone(),
                    admitted: admitted.clone().map(Text::from),
                }),
            },
        }
    }
}
