//! `evidence`: saying what was seen of a change; and every doubt about what was said and shown.

use std::path::PathBuf;

use super::OpError;
use super::own::TaskOutcome;
use super::site::Site;
use crate::checks;
use crate::domain::doubts::{self, Doubt};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::{AttestedFile, Record};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::{AttestWish, Verb};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::domain::task::{Task, Tier};
use crate::domain::time::Timestamp;
use crate::ledger::Loader;
use crate::ledger::format::v1::archive::Archived;

/// What `evidence` is told.
#[derive(Debug, Clone)]
pub struct AttestOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// The class of evidence that it names.
    pub class: Tier,
    /// What was seen.
    pub text: String,
    /// Lines of the commit, as path and number from 1.
    pub anchors: Vec<(String, u32)>,
    /// Files that show it.
    pub files: Vec<PathBuf>,
    /// When it was seen.
    pub observed_at: Option<Timestamp>,
    /// The commit it speaks of; none: what is handed off, else the tip of the claim's branch.
    pub commit: Option<ObjectId>,
    /// Rehearse.
    pub dry_run: bool,
}

/// Records what somebody saw of a change, bound to it (G22).
///
/// # Errors
/// A file that is not there; the refusal.
pub fn attest(site: &Site, options: &AttestOptions) -> Result<TaskOutcome, OpError> {
    let task = site.task(options.task.as_ref())?;
    if !options.dry_run && site.ledger.remote().is_some() {
        site.publisher()?.refresh()?;
    }
    let snapshot = super::look::snapshot(site)?;
    let files = measured(site, &task, &options.files)?;
    let commit = match options.commit {
        Some(commit) => commit,
        None => spoken_of(site, &snapshot, &task)?,
    };
    if !options.dry_run {
        super::save::send_lane_work(site, &snapshot, &task)?;
    }
    let verb = Verb::Attest {
        task: task.clone(),
        attest: AttestWish {
            class: options.class,
            commit,
            text: options.text.clone(),
            anchors: options.anchors.clone(),
            files,
            observed_at: options.observed_at,
        },
    };
    let mutation = site.carry_out(&site.request(verb)?, options.dry_run)?;
    Ok(TaskOutcome {
        tasks: vec![task],
        mutation,
    })
}

/// The commit that is meant where none is named.
fn spoken_of(site: &Site, snapshot: &Snapshot, task: &TaskId) -> Result<ObjectId, OpError> {
    let state = snapshot.states.get(task);
    if let Standing::InReview { submission, .. } = &state.standing {
        super::save::bring(site, snapshot, task, state.epoch, submission.commit)?;
        return Ok(submission.commit);
    }
    let branch = state.claim().map(|claim| claim.branch.full());
    let tip = branch.map(|branch| site.repo().tip(&branch)).transpose()?;
    // Without a branch here there is nothing to speak of; `decide` says what is wrong first.
    Ok(tip.flatten().unwrap_or(snapshot.rules.at))
}

/// Digest and size of each file, taken now. A path inside the worktree is kept from its root.
fn measured(site: &Site, task: &TaskId, files: &[PathBuf]) -> Result<Vec<AttestedFile>, OpError> {
    let root = site.repo().work_dir();
    let mut measured = Vec::with_capacity(files.len());
    for file in files {
        let path = site.env.dir.join(file);
        let (sha256, size) = checks::measure(&path).map_err(|error| {
            let message = format!("{} shows nothing: {error}", file.display());
            let hint = "`--file` names a plain file that is there; its digest is taken now";
            let unmet = Unmet::rule("evidence-file", message).hint(hint);
            Refusal::one(
                format!("cannot record evidence for {task}"),
                Some(task),
                unmet,
            )
        })?;
        let inside = root.as_ref().and_then(|root| path.strip_prefix(root).ok());
        measured.push(AttestedFile {
            path: inside.unwrap_or(file).display().to_string(),
            sha256,
            size,
        });
    }
    Ok(measured)
}

/// What `audit evidence` found.
#[derive(Debug, Clone)]
pub struct DoubtsOutcome {
    /// How many tasks were looked at.
    pub looked_at: usize,
    /// The tasks with doubts, by id.
    pub tasks: Vec<(TaskId, Vec<Doubt>)>,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// Every doubt about the evidence of one task, or of all that were ever claimed, archived ones
/// included (S14).
///
/// # Errors
/// When the ledger does not read, or nothing knows the task.
pub fn doubts(site: &Site, only: Option<&TaskId>) -> Result<DoubtsOutcome, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let (tip, target) = (site.ledger.tip()?, site.ledger.target()?);
    let snapshot = loader.snapshot(tip, target, None)?;
    if let Some(id) = only.filter(|id| !snapshot.knows(id)) {
        return Err(super::look::unknown(&snapshot, id));
    }
    let archived = match (only, tip) {
        (_, None) => Vec::new(),
        (None, Some(tip)) => loader.all_archived(tip)?,
        (Some(id), Some(tip)) => loader.archived(tip, id)?.into_iter().collect(),
    };
    let mut live: Vec<&TaskId> = match only {
        Some(id) => vec![id],
        None => snapshot.states.iter().map(|(id, _)| id).collect(),
    };
    live.retain(|id| !snapshot.states.is_archived(id));
    let looked_at = live.len() + archived.len();
    let mut tasks = Vec::new();
    let mut judge = |id: &TaskId, task: &Task, records: &[Record]| {
        let found = doubts::of(&snapshot, task, records);
        if !found.is_empty() {
            tasks.push((id.clone(), found));
        }
    };
    for id in live {
        if let (Some(task), Some(tip)) = (snapshot.plan.get(id), tip) {
            judge(id, task, &loader.records(tip, id)?);
        }
    }
    for Archived {
        definition,
        history,
        ..
    } in &archived
    {
        judge(&history.id, definition, &history.records);
    }
    tasks.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(DoubtsOutcome {
        looked_at,
        tasks,
        tip,
    })
}
