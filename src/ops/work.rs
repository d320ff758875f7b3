//! `check`, `handoff`, `review`: showing work and submitting it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::OpError;
use super::mutate::Mutation;
use super::save::{self, BoundLane};
use super::site::Site;
use crate::checks::{self, Guard, Limits, Progress, Subject, TrustStore};
use crate::domain::gates::checks_owed;
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::record::{CheckRun, Evidence, Finding, RootCause, Verdict};
use crate::domain::request::Verb;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;

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
    let host = site.env.host.clone();
    let evidence = Evidence {
        commit,
        content_key,
        checks: runs.clone(),
        host,
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
    let evidence = Evidence {
        commit: at,
        content_key: at,
        checks: Vec::new(),
        host: site.env.host.clone(),
    };
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
fn on_its_branch(site: &Site, lane: &BoundLane) -> Result<(), OpError> {
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
fn owed(
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

/// Refuses commands that nobody trusted on this machine.
///
/// # Errors
/// [`OpError::Untrusted`] with the commands.
pub fn require_trust(
    site: &Site,
    task: &TaskId,
    commands: &[String],
    trusted_now: bool,
) -> Result<(), OpError> {
    if trusted_now || commands.is_empty() {
        return Ok(());
    }
    let store = store(site)?;
    let unknown: Vec<String> = commands
        .iter()
        .filter(|command| !store.is_trusted(command))
        .cloned()
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(OpError::Untrusted {
        task: task.clone(),
        commands: unknown,
    })
}

fn store(site: &Site) -> Result<TrustStore, OpError> {
    let dir = site.env.state_dir().ok_or_else(|| {
        OpError::Usage("no home directory is known: set LANEWAY_STATE_DIR".to_owned())
    })?;
    Ok(TrustStore::open(&dir, &site.repo().common_dir()))
}

/// Those of these commands that are trusted on this machine.
pub(super) fn trusted(site: &Site, commands: &[String]) -> Result<BTreeSet<String>, OpError> {
    if commands.is_empty() {
        return Ok(BTreeSet::new());
    }
    let store = store(site)?;
    let trusted = commands.iter().filter(|command| store.is_trusted(command));
    Ok(trusted.cloned().collect())
}

/// Trusts the commands that the probes of a workstation run on this machine.
///
/// # Errors
/// When the workstation is not registered, or the decision cannot be written down.
pub fn trust_workstation(site: &Site, name: &WorkstationName) -> Result<TrustOutcome, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let known = super::workstation::registered(&snapshot, name)?;
    let subject = TrustSubject::Workstation(name.clone());
    trust_all(site, subject, super::readiness::commands(known))
}

/// Whose commands were trusted.
#[derive(Debug, Clone)]
pub enum TrustSubject {
    /// The checks of a task.
    Task(TaskId),
    /// The probes of a workstation.
    Workstation(WorkstationName),
}

/// What `trust` came to.
#[derive(Debug, Clone)]
pub struct TrustOutcome {
    /// Whose commands they are.
    pub subject: TrustSubject,
    /// Every command that is owed; all are trusted now.
    pub commands: Vec<String>,
    /// Those that were not trusted before.
    pub new: Vec<String>,
}

/// Trusts the commands that a task owes on this machine.
///
/// # Errors
/// When no plan file defines the task, or the decision cannot be written down.
pub fn trust(site: &Site, named: Option<&TaskId>) -> Result<TrustOutcome, OpError> {
    let id = site.task(named)?;
    let snapshot = super::look::snapshot(site)?;
    let commit = shown_commit(site, &snapshot, &id)?;
    let commands = owed(site, &snapshot, &id, commit)?;
    trust_all(site, TrustSubject::Task(id), commands)
}

fn trust_all(
    site: &Site,
    subject: TrustSubject,
    commands: Vec<String>,
) -> Result<TrustOutcome, OpError> {
    let mut store = store(site)?;
    let new: Vec<String> = commands
        .iter()
        .filter(|command| !store.is_trusted(command))
        .cloned()
        .collect();
    store.trust(&new)?;
    Ok(TrustOutcome {
        subject,
        commands,
        new,
    })
}

/// The commit whose checks are owed next: what is handed off, else what stands in the lane.
fn shown_commit(site: &Site, snapshot: &Snapshot, id: &TaskId) -> Result<ObjectId, OpError> {
    if let Standing::InReview { submission, .. } = &snapshot.states.get(id).standing
        && site.repo().exists(submission.commit)
    {
        return Ok(submission.commit);
    }
    let head = match save::bound_lane(site, id, snapshot.states.get(id).epoch)? {
        Some(lane) => site.repo().beside(&lane.path)?.head_commit()?,
        None => None,
    };
    Ok(head.unwrap_or(snapshot.rules.at))
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

/// What `handoff` is told.
#[derive(Debug, Clone, Default)]
pub struct HandoffOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// Next slice.
    pub next: String,
    /// Risks and blockers.
    pub risks: Vec<String>,
    /// Owed by defects.
    pub root_cause: Option<RootCause>,
    /// Rehearse.
    pub dry_run: bool,
}

/// How a handoff ended.
#[derive(Debug, Clone)]
pub struct HandoffOutcome {
    /// The task.
    pub task: TaskId,
    /// The commit handed off.
    pub commit: ObjectId,
    /// Remarks on what did not work and does not matter, such as a lane branch not pushed.
    pub notes: Vec<String>,
    /// The mutation.
    pub mutation: Mutation,
}

/// Submits the lane's commits and frees the lane (P42).
///
/// # Errors
/// A lane that is not clean; work that cannot be saved; the refusal.
pub fn handoff(site: &Site, options: &HandoffOptions) -> Result<HandoffOutcome, OpError> {
    let id = site.task(options.task.as_ref())?;
    let publisher = site.publisher()?;
    if !options.dry_run {
        publisher.refresh()?;
    }
    let snapshot = publisher.snapshot_for_holders()?;
    let state = snapshot.states.get(&id);
    let claim = state.claim();
    let branch = claim.map(|claim| claim.branch.full());
    let tip = branch
        .as_ref()
        .map(|branch| site.repo().tip(branch))
        .transpose()?
        .flatten();
    // Without a branch here there is nothing to hand off; `decide` says what is wrong first.
    let commit = tip.unwrap_or(snapshot.rules.at);
    let verb = Verb::Handoff {
        task: id.clone(),
        commit,
        next: options.next.clone(),
        risks: options.risks.clone(),
        root_cause: options.root_cause.clone(),
    };
    let request = site.request(verb)?;
    if site.repeats()
        && !options.dry_run
        && let Some(receipt) = publisher.carried_out_before(&request)?
    {
        return Ok(handed_off_before(id, commit, receipt.into()));
    }
    drop(publisher.judge(&request)?);
    match save::bound_lane(site, &id, state.epoch)? {
        Some(lane) => {
            on_its_branch(site, &lane)?;
            save::refuse_dirty(site.repo(), &lane)?;
        }
        // The lane's branch here may hold another task's work by now.
        None if request.actor.epoch.is_none() => {
            return Err(OpError::Usage(format!(
                "no worktree of this machine is bound to `{id}`, epoch {}: hand it off from its \
                 worktree, or vouch for the branch with `--epoch {}`",
                state.epoch, state.epoch
            )));
        }
        None => {}
    }
    let mut notes = Vec::new();
    if !options.dry_run {
        save::keep(site, &snapshot, &id, state.epoch, commit)?;
    }
    let mutation = super::mutate::carry_out(&publisher, &request, options.dry_run)?;
    // Only an acknowledged holder may move the lane's branch on the remote.
    if let (Some(remote), Some(branch), false) = (site.ledger.remote(), &branch, options.dry_run) {
        let limit = Duration::from_secs(u64::from(snapshot.rules.policy.remote_timeout.seconds()));
        if let Err(error) = save::push_ref(site.repo(), remote, branch, commit, limit) {
            notes.push(format!("the lane branch was not pushed: {error}"));
        }
    }
    Ok(HandoffOutcome {
        task: id,
        commit,
        notes,
        mutation,
    })
}

/// The answer to a request that was carried out before: it names the commit that was handed off.
fn handed_off_before(task: TaskId, tip: ObjectId, mutation: Mutation) -> HandoffOutcome {
    let commit = match mutation.state(&task).standing {
        Standing::InReview { submission, .. } => submission.commit,
        _ => tip,
    };
    HandoffOutcome {
        task,
        commit,
        notes: Vec::new(),
        mutation,
    }
}

/// What `review` is told.
#[derive(Debug, Clone)]
pub struct ReviewOptions {
    /// The task.
    pub task: TaskId,
    /// The verdict.
    pub verdict: Verdict,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Only a design is there.
    pub design_only: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// Records a verdict on what is handed off now.
///
/// # Errors
/// The refusal.
pub fn review(site: &Site, options: &ReviewOptions) -> Result<Mutation, OpError> {
    if !options.dry_run {
        // What is handed off now, not what this clone last saw.
        site.publisher()?.refresh()?;
    }
    let snapshot = super::look::snapshot(site)?;
    let commit = match &snapshot.states.get(&options.task).standing {
        Standing::InReview { submission, .. } => submission.commit,
        _ => snapshot.rules.at,
    };
    let verb = Verb::Review {
        task: options.task.clone(),
        verdict: options.verdict,
        commit,
        findings: options.findings.clone(),
        design_only: options.design_only,
    };
    site.carry_out(&site.request(verb)?, options.dry_run)
}
