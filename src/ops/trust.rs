//! `trust`: commands of plan and rules that may run on this machine.
//!
//! Trust is the decision of whoever sits at the machine, kept outside the repository. It is never
//! granted over MCP or HTTP: a program that may ask for a command to run must not be the one that
//! allows it, so no server offers [`grant`].

use std::collections::BTreeSet;

use super::OpError;
use super::check::owed;
use super::save;
use super::site::Site;
use crate::checks::{NewCommand, TrustStore};
use crate::domain::id::{ObjectId, TaskId, WorkstationName};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;

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
    let unknown = NewCommand::among(&store(site)?, commands);
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

/// What trusting the commands that the probes of a workstation run would mean.
///
/// # Errors
/// When the workstation is not registered.
pub fn of_workstation(site: &Site, name: &WorkstationName) -> Result<TrustQuestion, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let known = super::workstation::registered(&snapshot, name)?;
    let subject = TrustSubject::Workstation(name.clone());
    question(site, subject, super::readiness::commands(known))
}

/// Whose commands were trusted.
#[derive(Debug, Clone)]
pub enum TrustSubject {
    /// The checks of a task.
    Task(TaskId),
    /// The probes of a workstation.
    Workstation(WorkstationName),
}

/// Commands that are owed, and those of them that somebody has to decide about.
#[derive(Debug, Clone)]
pub struct TrustQuestion {
    /// Whose commands they are.
    pub subject: TrustSubject,
    /// Every command.
    pub commands: Vec<String>,
    /// Those that nobody trusted on this machine.
    pub new: Vec<NewCommand>,
}

/// What `trust` came to.
#[derive(Debug, Clone)]
pub struct TrustOutcome {
    /// Whose commands they are.
    pub subject: TrustSubject,
    /// Every command that is owed.
    pub commands: Vec<String>,
    /// Those that are trusted only now.
    pub new: Vec<NewCommand>,
    /// Those that were declined.
    pub declined: Vec<NewCommand>,
}

/// What trusting the commands that a task owes would mean, and these besides: the proof of a root
/// cause is owed by nobody before it is handed off.
///
/// # Errors
/// When no plan file defines the task.
pub fn of_task(
    site: &Site,
    named: Option<&TaskId>,
    besides: &[String],
) -> Result<TrustQuestion, OpError> {
    let id = site.task(named)?;
    let snapshot = super::look::snapshot(site)?;
    let commit = shown_commit(site, &snapshot, &id)?;
    let mut commands = owed(site, &snapshot, &id, commit)?;
    for command in besides {
        if !commands.contains(command) {
            commands.push(command.clone());
        }
    }
    question(site, TrustSubject::Task(id), commands)
}

fn question(
    site: &Site,
    subject: TrustSubject,
    commands: Vec<String>,
) -> Result<TrustQuestion, OpError> {
    let new = NewCommand::among(&store(site)?, &commands);
    Ok(TrustQuestion {
        subject,
        commands,
        new,
    })
}

/// Trusts the new commands but the declined ones, by their place.
///
/// # Errors
/// When the decision cannot be written down.
pub fn grant(
    site: &Site,
    question: TrustQuestion,
    declined: &[usize],
) -> Result<TrustOutcome, OpError> {
    let (mut new, mut refused) = (Vec::new(), Vec::new());
    for (n, command) in question.new.into_iter().enumerate() {
        let list = if declined.contains(&n) {
            &mut refused
        } else {
            &mut new
        };
        list.push(command);
    }
    let granted: Vec<String> = new.iter().map(|one| one.command.clone()).collect();
    if !granted.is_empty() {
        store(site)?.trust(&granted)?;
    }
    Ok(TrustOutcome {
        subject: question.subject,
        commands: question.commands,
        new,
        declined: refused,
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
