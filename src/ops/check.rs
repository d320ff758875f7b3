//! `check`: showing work.

use std::time::Duration;

use super::OpError;
use super::mutate::Mutation;
use super::save::{self, BoundLane};
use super::site::Site;
use super::trust::require_trust;
use crate::checks::{self, Guard, GuardError, Limits, Progress, Subject};
use crate::domain::gates::checks_owed;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::{CheckRun, Evidence};
use crate::domain::request::Verb;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::workspace::Scratch;

/// What `check` is told.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// Run the commands although nobody trusted them on this machine.
    pub trust: bool,
    /// In a temporary worktree that holds the commit and nothing else.
    pub clean: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// How `check` ended.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    /// The task.
    pub task: TaskId,
    /// The commit the checks ran on.
    pub commit: ObjectId,
    /// Whether the commit stood alone, in a temporary worktree.
    pub clean: bool,
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

/// Runs the owed checks in the lane's worktree, or in a temporary one of its commit, and records the
/// evidence for its content.
///
/// # Errors
/// Untrusted commands; a lane that is not clean; a tree that moved while they ran; the refusal.
pub fn check(
    site: &Site,
    options: &CheckOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<CheckOutcome, OpError> {
    let id = site.task(options.task.as_ref())?;
    let snapshot = super::look::snapshot(site)?;
    may_record(site, &snapshot, &id)?;
    let subject = Checked::find(site, &snapshot, &id, options.clean)?;
    let commit = subject.commit();
    let commands = owed(site, &snapshot, &id, commit)?;
    require_trust(site, &id, &commands, options.trust)?;
    if commands.is_empty() || options.dry_run {
        return Ok(CheckOutcome {
            task: id,
            commit,
            clean: options.clean,
            owed: commands,
            runs: Vec::new(),
            mutation: None,
        });
    }
    let runs = match subject {
        Checked::Alone(commit) => {
            run_clean(site, &snapshot, &id, commit, &commands, progress)?.counting()?
        }
        Checked::InLane(lane, guard) => {
            let runs = run(
                site, &snapshot, &id, commit, &lane.path, &commands, progress,
            )?;
            guard.finish()?;
            runs
        }
    };
    let content_key = site.repo().content_key(commit)?;
    let evidence = Evidence {
        checks: runs.clone(),
        workstation: snapshot
            .states
            .get(&id)
            .claim()
            .map(|c| c.workstation.clone()),
        clean: options.clean,
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
        clean: options.clean,
        owed: commands,
        runs,
        mutation: Some(mutation),
    })
}

/// What is checked, and where.
enum Checked {
    /// The lane, which must not move meanwhile.
    InLane(BoundLane, Guard),
    /// A commit by itself: what is handed off, else what the lane shows.
    Alone(ObjectId),
}

impl Checked {
    fn find(site: &Site, snapshot: &Snapshot, id: &TaskId, clean: bool) -> Result<Self, OpError> {
        let state = snapshot.states.get(id);
        if let (true, Standing::InReview { submission, .. }) = (clean, &state.standing) {
            save::bring(site, snapshot, id, state.epoch, submission.commit)?;
            return Ok(Self::Alone(submission.commit));
        }
        let lane = lane_of(site, snapshot, id)?;
        let repo = site.repo().beside(&lane.path)?;
        if !clean {
            let guard = Guard::begin(&repo, &lane.path)?;
            return Ok(Self::InLane(lane, guard));
        }
        match repo.head_commit()? {
            Some(commit) => Ok(Self::Alone(commit)),
            None => Err(GuardError::NoCommit { dir: lane.path }.into()),
        }
    }

    fn commit(&self) -> ObjectId {
        match self {
            Self::InLane(_, guard) => guard.commit(),
            Self::Alone(commit) => *commit,
        }
    }
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

/// Runs commands for `task` on `commit` in `dir`, within the limits of policy.
fn run(
    site: &Site,
    snapshot: &Snapshot,
    task: &TaskId,
    commit: ObjectId,
    dir: &std::path::Path,
    commands: &[String],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<CheckRun>, OpError> {
    let subject = Subject { task, commit };
    let terms = snapshot.rules.policy.checks;
    let limits = Limits {
        time: Duration::from_secs(u64::from(terms.timeout.seconds())),
        output: usize::try_from(terms.output).unwrap_or(usize::MAX),
    };
    Ok(checks::run(
        &site.runner,
        dir,
        subject,
        commands,
        limits,
        progress,
    )?)
}

/// What came of checks in a temporary worktree, and whether it still shows its commit.
#[derive(Debug)]
#[must_use = "runs count only where the worktree stood still"]
pub(super) struct CleanRun {
    runs: Vec<CheckRun>,
    stood: Result<ObjectId, GuardError>,
}

impl CleanRun {
    /// The runs, as evidence for the commit.
    ///
    /// # Errors
    /// When the worktree changed while they ran.
    pub(super) fn counting(self) -> Result<Vec<CheckRun>, OpError> {
        self.stood?;
        Ok(self.runs)
    }

    /// The runs; where one failed nothing lands, whatever became of the worktree.
    ///
    /// # Errors
    /// When all passed, and the worktree changed while they ran.
    pub(super) fn landing(self) -> Result<Vec<CheckRun>, OpError> {
        if self.runs.iter().all(CheckRun::passed) {
            return self.counting();
        }
        Ok(self.runs)
    }
}

/// Runs commands for `task` in a temporary worktree that holds `commit` and nothing else.
///
/// # Errors
/// A worktree that cannot be made or removed; a shell that does not start.
pub(super) fn run_clean(
    site: &Site,
    snapshot: &Snapshot,
    task: &TaskId,
    commit: ObjectId,
    commands: &[String],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<CleanRun, OpError> {
    let base = site.repo().common_dir().join("laneway").join("tmp");
    let scratch = Scratch::make(site.repo(), commit, &base, &site.env)?;
    let path = scratch.path().to_owned();
    let mut guarded = || -> Result<CleanRun, OpError> {
        let guard = Guard::begin(&site.repo().beside(&path)?, &path)?;
        let runs = run(site, snapshot, task, commit, &path, commands, progress)?;
        let stood = guard.finish();
        Ok(CleanRun { runs, stood })
    };
    let run = guarded();
    let removed = scratch.remove();
    let run = run?;
    removed?;
    Ok(run)
}
