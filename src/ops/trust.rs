//! `trust`: commands of plan and rules that may run on this machine.

use std::collections::BTreeSet;

use super::OpError;
use super::check::owed;
use super::save;
use super::site::Site;
use crate::checks::TrustStore;
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
