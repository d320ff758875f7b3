//! `check`: showing work.

use super::OpError;
use super::mutate::Mutation;
use super::save::{self, BoundLane};
use super::site::Site;
use super::trust::require_trust;
use crate::checks::{self, Guard, Limits, Progress, Subject};
use crate::domain::gates::checks_owed;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::{CheckRun, Evidence};
use crate::domain::request::Verb;
use crate::domain::snapshot::Snapshot;

/// How `check` ended.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    /// The task.
    pub task: TaskId,
    /// The commit the checks ran on.
    pub commit: ObjectId,
    /// The commands that are owed.
    pub owed: Vec<String>,
    /// What ran, in order; nothing in a rehearsal.
    pub runs: Vec<CheckRun>,
    /// The mutation that recorded it; none when nothing is owed.
    pub mutation: Option<Mutation>,
}

impl CheckOutcome {
    /// Whether every check passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.runs.iter().all(CheckRun::passed)
    }
}

/// Runs the owed checks in the lane's worktree and records the evidence for its content.
///
/// # Errors
/// Untrusted commands; a lane that is not clean; a tree that moved while they ran; the refusal.
pub fn check(
    site: &Site,
    named: Option<&TaskId>,
    trust: bool,
    dry_run: bool,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<CheckOutcome, OpError> {
    let id = site.task(named)?;
    let snapshot = super::look::snapshot(site)?;
    may_record(site, &snapshot, &id)?;
    let lane = lane_of(site, &snapshot, &id)?;
    let repo = site.repo().beside(&lane.path)?;
    let guard = Guard::begin(&repo, &lane.path)?;
    let commit = guard.commit();
    let commands = owed(site, &snapshot, &id, commit)?;
    require_trust(site, &id, &commands, trust)?;
    if commands.is_empty() || dry_run {
        return Ok(CheckOutcome {
            task: id,
            commit,
            owed: commands,
            runs: Vec::new(),
            mutation: None,
        });
    }
    let runs = run(site, &id, commit, &lane.path, &commands, progress)?;
    guard.finish()?;
    let content_key = repo.content_key(commit)?;
    let evidence = Evidence {
        checks: runs.clone(),
        workstation: snapshot
            .states
            .get(&id)
            .claim()
            .map(|c| c.workstation.clone()),
        ..Evidence::new(commit, content_key, &site.env.host)
    };
    let verb = Verb::Evidence {
        task: id.clone(),
        evidence,
    };
    let mutation = site.carry_out(&site.request(verb)?, false)?;
    Ok(CheckOutcome {
        task: id,
        commit,
        owed: commands,
        runs,
        mutation: Some(mutation),
    })
}

/// Nothing is run for a caller whose evidence would be refused, such as one who is fenced.
fn may_record(site: &Site, snapshot: &Snapshot, id: &TaskId) -> Result<(), OpError> {
    let at = snapshot.rules.at;
    let evidence = Evidence::new(at, at, &site.env.host);
    let task = id.clone();
    let request = site.request(Verb::Evidence { task, evidence })?;
    drop(site.publisher()?.judge(&request)?);
    Ok(())
}

fn lane_of(site: &Site, snapshot: &Snapshot, task: &TaskId) -> Result<BoundLane, OpError> {
    let epoch = snapshot.states.get(task).epoch;
    let lane = save::bound_lane(site, task, epoch)?.ok_or_else(|| {
        OpError::Usage(format!(
            "no worktree of this machine is bound to `{task}`, epoch {epoch}: claim it first"
        ))
    })?;
    on_its_branch(site, &lane)?;
    Ok(lane)
}

/// What is checked and handed off is the lane's branch: a lane that shows something else is a
/// mistake that would lose commits.
pub(super) fn on_its_branch(site: &Site, lane: &BoundLane) -> Result<(), OpError> {
    let branch = &lane.binding.branch;
    if site.repo().beside(&lane.path)?.head_branch()?.as_ref() == Some(branch) {
        return Ok(());
    }
    Err(OpError::Usage(format!(
        "{} does not show its branch `{branch}`: switch back to it, with the commits that are to count",
        lane.path.display()
    )))
}

/// The commands owed by `task` for the change that `commit` makes of the target.
pub(super) fn owed(
    site: &Site,
    snapshot: &Snapshot,
    id: &TaskId,
    commit: ObjectId,
) -> Result<Vec<String>, OpError> {
    let repo = site.repo();
    let Some(task) = snapshot.plan.get(id) else {
        return Err(OpError::NoTask);
    };
    let base = repo
        .merge_base(snapshot.rules.at, commit)?
        .unwrap_or(snapshot.rules.at);
    let files: Vec<String> = repo
        .changed_paths(base, commit)?
        .into_iter()
        .map(|change| change.path)
        .collect();
    Ok(checks_owed(snapshot, task, &files)
        .into_iter()
        .map(str::to_owned)
        .collect())
}

/// Runs commands for `task` on `commit` in `dir`.
pub(super) fn run(
    site: &Site,
    task: &TaskId,
    commit: ObjectId,
    dir: &std::path::Path,
    commands: &[String],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<CheckRun>, OpError> {
    let subject = Subject { task, commit };
    Ok(checks::run(
        &site.runner,
        dir,
        subject,
        commands,
        Limits::default(),
        progress,
    )?)
}
