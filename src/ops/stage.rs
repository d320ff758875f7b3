//! `stage`: the assignment matrix of tasks, their gaps, and the way along a stage contract.

use super::OpError;
use super::look::{Row, snapshot};
use super::own::TaskOutcome;
use super::site::Site;
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::matrix::{self, StageStatus};
use crate::domain::progress::{Approval, Gap, Passage};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::{StageAct, Verb};
use crate::domain::snapshot::Snapshot;
use crate::domain::stage::{Stage, StageTerms};
use crate::domain::state::Status;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;

/// One stage of a task.
#[derive(Debug, Clone)]
pub struct StageRow {
    /// Which.
    pub stage: Stage,
    /// Who, where, and what must hold.
    pub terms: StageTerms,
    /// How far it is.
    pub status: StageStatus,
    /// By whom it was passed.
    pub passage: Option<Passage>,
    /// Who approved it.
    pub approval: Option<Approval>,
    /// What stands against it, if it is its turn.
    pub unmet: Vec<Unmet>,
}

/// A task with its stages.
#[derive(Debug, Clone)]
pub struct Staged {
    /// Definition and state.
    pub row: Row,
    /// Its stages; empty without a contract.
    pub stages: Vec<StageRow>,
    /// Why it is paused.
    pub gap: Option<Gap>,
    /// Machines that could do its work now, in scope or not; only of one that was asked about.
    pub capable: Vec<WorkstationName>,
}

/// What `stage` found.
#[derive(Debug, Clone)]
pub struct StageOutcome {
    /// The task asked about, or all open ones with a contract.
    pub tasks: Vec<Staged>,
    /// Open gaps, most urgent first: of the task asked about, or of all.
    pub gaps: Vec<(TaskId, Gap)>,
    /// Whether one task was asked about.
    pub one: bool,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// Shows the stages of one task.
///
/// # Errors
/// When the ledger does not read, or no plan file defines the task.
pub fn show(site: &Site, named: Option<&TaskId>) -> Result<StageOutcome, OpError> {
    let id = site.task(named)?;
    let snapshot = snapshot(site)?;
    let now = site.env.now();
    let Some(task) = snapshot.plan.get(&id) else {
        let unmet = Unmet::rule("task-unknown", format!("no plan file defines `{id}`"))
            .hint("`laneway list` shows all tasks");
        return Err(Refusal::one(format!("cannot show {id}"), Some(&id), unmet).into());
    };
    let mut staged = Staged::of(&snapshot, task, now);
    let capable = matrix::capable(&snapshot, task, now);
    staged.capable = capable.into_iter().cloned().collect();
    Ok(StageOutcome {
        gaps: gaps(&snapshot, Some(&id), now),
        tasks: vec![staged],
        one: true,
        tip: snapshot.tip,
    })
}

/// Shows all open tasks with a contract, and all gaps.
///
/// # Errors
/// When the ledger does not read.
pub fn list(site: &Site) -> Result<StageOutcome, OpError> {
    let snapshot = snapshot(site)?;
    let now = site.env.now();
    let open = |task: &&Task| {
        let status = snapshot.states.get(&task.id).status();
        !matches!(status, Status::Done | Status::Cancelled)
    };
    let contracted = snapshot
        .plan
        .iter()
        .filter(|task| task.stages.is_some() || task.stages_ref.is_some());
    Ok(StageOutcome {
        tasks: contracted
            .filter(open)
            .map(|task| Staged::of(&snapshot, task, now))
            .collect(),
        gaps: gaps(&snapshot, None, now),
        one: false,
        tip: snapshot.tip,
    })
}

/// Passes or approves a stage, pauses or resumes the task.
///
/// # Errors
/// The refusal.
pub fn act(
    site: &Site,
    named: Option<&TaskId>,
    act: StageAct,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let verb = Verb::Stage {
        task: task.clone(),
        act,
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    Ok(TaskOutcome {
        tasks: vec![task],
        mutation,
    })
}

fn gaps(snapshot: &Snapshot, of: Option<&TaskId>, now: Timestamp) -> Vec<(TaskId, Gap)> {
    let all = matrix::gaps(snapshot, now).into_iter();
    all.filter(|(id, _)| of.is_none_or(|of| of == *id))
        .map(|(id, gap)| (id.clone(), gap.clone()))
        .collect()
}

impl Staged {
    fn of(snapshot: &Snapshot, task: &Task, now: Timestamp) -> Self {
        let rows = matrix::matrix(snapshot, task, now).into_iter();
        let state = snapshot.states.get(&task.id);
        Self {
            row: Row {
                task: task.clone(),
                state: state.clone(),
                late: None,
            },
            stages: rows
                .map(|row| StageRow {
                    stage: row.stage,
                    terms: row.terms.clone(),
                    status: row.status,
                    passage: row.passage.cloned(),
                    approval: row.approval.cloned(),
                    unmet: row.unmet,
                })
                .collect(),
            gap: state.progress().open_gap(now).cloned(),
            capable: Vec::new(),
        }
    }
}
