//! Stages of tasks as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::UnmetView;
use super::plan::MutationView;
use super::task::TaskView;
use crate::domain::id::TaskId;
use crate::domain::progress::{Gap, Proposal};
use crate::domain::record::{GapRecord, StageRecord};
use crate::ops::Mutation;
use crate::ops::stage::{StageOutcome, StageRow, Staged};

/// `data` of `stage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageView {
    /// The task asked about, or all open ones with a stage contract.
    pub tasks: Vec<StagedView>,
    /// Open gaps, most urgent first.
    pub gaps: Vec<GapView>,
    /// What became of the ledger, where something was asked for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub mutation: Option<MutationView>,
}

/// A task with its assignment matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StagedView {
    /// What lists show.
    #[serde(flatten)]
    pub task: TaskView,
    /// The file that holds the contract, below `governance/`; none where the definition does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages_ref: Option<String>,
    /// The stage whose turn it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The stages, in their order.
    pub stages: Vec<StageRowView>,
    /// Workstations outside the scope that were accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admitted: Vec<String>,
    /// Machines that could do its work now, in scope or not; only of a task that is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capable: Vec<String>,
}

/// One stage of the assignment matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageRowView {
    /// Which.
    pub stage: String,
    /// `passed`, `next`, `blocked` or `owed`.
    pub state: String,
    /// Who; anyone whom the map allows when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Who may stand in.
    pub secondary: Vec<String>,
    /// On which workstations; any that is capable when empty.
    pub workstations: Vec<String>,
    /// What the workstation must have.
    pub capabilities: Vec<String>,
    /// What must hold before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// Who passed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workstation: Option<String>,
    /// Whether somebody stood in for the agent named.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// What shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The person who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// What stands against it, if it is its turn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<UnmetView>,
}

/// What a paused task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GapView {
    /// The task.
    pub task: String,
    /// How urgent it is; 1 is highest.
    pub priority: u8,
    /// Why it was paused.
    pub reason: String,
    /// What was known to be missing then.
    pub missing: Vec<String>,
    /// The machine that is proposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// Until when it is deferred (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deferred_until: Option<String>,
    /// Who paused it.
    pub by: String,
    /// When (RFC 3339).
    pub at: String,
}

impl StageView {
    /// What was found, after what was done, if anything was.
    #[must_use]
    pub fn of(outcome: &StageOutcome, mutation: Option<&Mutation>) -> Self {
        let gaps = outcome
            .gaps
            .iter()
            .map(|(task, gap)| GapView::of(task, gap));
        Self {
            tasks: outcome.tasks.iter().map(StagedView::from).collect(),
            gaps: gaps.collect(),
            mutation: mutation.map(MutationView::from),
        }
    }
}

impl From<&Staged> for StagedView {
    fn from(staged: &Staged) -> Self {
        let rows: Vec<StageRowView> = staged.stages.iter().map(StageRowView::from).collect();
        let mut turn = rows
            .iter()
            .filter(|row| matches!(row.state.as_str(), "next" | "blocked"));
        let progress = staged.row.state.progress();
        Self {
            task: TaskView::from(&staged.row),
            stages_ref: staged.row.task.stages_ref.clone(),
            next: turn.next().map(|row| row.stage.clone()),
            admitted: progress.admitted.iter().map(ToString::to_string).collect(),
            capable: staged.capable.iter().map(ToString::to_string).collect(),
            stages: rows,
        }
    }
}

impl From<&StageRow> for StageRowView {
    fn from(row: &StageRow) -> Self {
        let (terms, passage) = (&row.terms, row.passage.as_ref());
        let texts = |names: &[crate::domain::id::WorkstationName]| {
            names.iter().map(ToString::to_string).collect()
        };
        Self {
            stage: row.stage.word().to_owned(),
            state: row.status.word().to_owned(),
            agent: terms.agent.as_ref().map(ToString::to_string),
            secondary: terms.secondary.iter().map(ToString::to_string).collect(),
            workstations: texts(&terms.workstations),
            capabilities: terms.capabilities.clone(),
            gate: terms.gate.as_ref().map(ToString::to_string),
            by: passage.map(|passage| passage.by.to_string()),
            at: passage.map(|passage| passage.at.to_string()),
            workstation: passage
                .and_then(|passage| passage.workstation.as_ref())
                .map(ToString::to_string),
            fallback: passage.is_some_and(|passage| passage.fallback),
            note: passage.and_then(|passage| passage.note.clone()),
            approved_by: row
                .approval
                .as_ref()
                .map(|approval| approval.by.to_string()),
            unmet: row.unmet.iter().map(UnmetView::from).collect(),
        }
    }
}

impl GapView {
    /// The gap of a task.
    #[must_use]
    pub fn of(task: &TaskId, gap: &Gap) -> Self {
        let (proposed, deferred_until) = match &gap.proposal {
            None => (None, None),
            Some(Proposal::Workstation(name)) => (Some(name.to_string()), None),
            Some(Proposal::Until(until)) => (None, Some(until.to_string())),
        };
        Self {
            task: task.to_string(),
            priority: gap.priority,
            reason: gap.reason.clone(),
            missing: gap.missing.clone(),
            proposed,
            deferred_until,
            by: gap.by.to_string(),
            at: gap.at.to_string(),
        }
    }
}

/// A passed or approved stage in one line.
pub(super) fn stage_line(record: &StageRecord) -> String {
    let place = record.workstation.as_ref();
    let place = place.map(|name| format!(" on {name}"));
    let fallback = if record.fallback { ", standing in" } else { "" };
    let note = record.note.as_ref().map(|note| format!(": {note}"));
    format!(
        "{} {}{}{fallback}{}",
        record.stage,
        record.deed,
        place.unwrap_or_default(),
        note.unwrap_or_default()
    )
}

/// A pause, or its end, in one line.
pub(super) fn gap_line(record: &GapRecord) -> String {
    match record {
        GapRecord::Opened(gap) => {
            let way = match &gap.proposal {
                None => String::new(),
                Some(Proposal::Workstation(name)) => format!(", proposes {name}"),
                Some(Proposal::Until(until)) => format!(", deferred until {until}"),
            };
            format!("P{} paused{way}: {}", gap.priority, gap.reason)
        }
        GapRecord::Closed { reason, admitted } => {
            let admitted = admitted.as_ref().map(|name| format!(" with {name}"));
            let reason = reason.as_ref().map(|reason| format!(": {reason}"));
            format!(
                "resumed{}{}",
                admitted.unwrap_or_default(),
                reason.unwrap_or_default()
            )
        }
    }
}
