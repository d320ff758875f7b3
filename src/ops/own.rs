//! `renew`, `release`, `block`, `unblock`, `cancel`, `reopen`, `return`, `note`: what happens to
//! ownership, one request each.

use super::OpError;
use super::mutate::Mutation;
use super::save;
use super::site::Site;
use crate::domain::id::TaskId;
use crate::domain::refusal::{Refusal, RefusalKind, Unmet};
use crate::domain::request::{Dependents, Verb};
use crate::domain::state::Epoch;

/// How a verb about one task ended.
#[derive(Debug, Clone)]
pub struct TaskOutcome {
    /// The tasks it was about.
    pub tasks: Vec<TaskId>,
    /// The mutation.
    pub mutation: Mutation,
}

fn one(site: &Site, id: &TaskId, verb: Verb, dry_run: bool) -> Result<TaskOutcome, OpError> {
    let request = site.request(verb)?;
    let mutation = site.carry_out(&request, dry_run)?;
    Ok(TaskOutcome {
        tasks: vec![id.clone()],
        mutation,
    })
}

/// Extends the lease of the named task, of the lane's, or of all tasks that the agent has in
/// progress.
///
/// # Errors
/// The refusal, also when the agent has nothing in progress.
pub fn renew(site: &Site, named: Option<&TaskId>, dry_run: bool) -> Result<TaskOutcome, OpError> {
    let publisher = site.publisher()?;
    let agent = site.agent()?;
    let snapshot = publisher.snapshot_for_holders()?;
    let tasks: Vec<(TaskId, Epoch)> = match site.task(named) {
        Ok(id) => {
            let held = site
                .request(Verb::Unblock { task: id.clone() })?
                .actor
                .epoch;
            let epoch = held.unwrap_or(snapshot.states.get(&id).epoch);
            vec![(id, epoch)]
        }
        Err(_) => {
            let mut mine: Vec<(TaskId, Epoch)> = snapshot
                .states
                .iter()
                .filter(|(_, state)| state.occupying().is_some_and(|claim| claim.agent == agent))
                .map(|(id, state)| (id.clone(), state.epoch))
                .collect();
            mine.sort();
            mine
        }
    };
    if tasks.is_empty() {
        let unmet = Unmet {
            kind: RefusalKind::Nothing,
            ..Unmet::rule("nothing-held", format!("{agent} has nothing in progress"))
        };
        return Err(Refusal::one("cannot renew", None, unmet).into());
    }
    let ids = tasks.iter().map(|(id, _)| id.clone()).collect();
    let mutation = site.carry_out(&site.request(Verb::Renew { tasks })?, dry_run)?;
    Ok(TaskOutcome {
        tasks: ids,
        mutation,
    })
}

/// What `release` is asked.
#[derive(Debug, Clone, Default)]
pub struct ReleaseOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// Someone else's, by someone who may.
    pub force: bool,
    /// Why.
    pub reason: Option<String>,
    /// All claims that have expired, instead of one task.
    pub expired: bool,
    /// The clock is right although it contradicts the ledger.
    pub trust_clock: bool,
    /// Rehearse.
    pub dry_run: bool,
}

/// Gives a task back; its commits are saved first.
///
/// # Errors
/// The refusal; when the work cannot be saved.
pub fn release(site: &Site, options: &ReleaseOptions) -> Result<TaskOutcome, OpError> {
    if options.expired {
        let verb = Verb::Expire {
            trust_clock: options.trust_clock,
        };
        let mutation = site.carry_out(&site.request(verb)?, options.dry_run)?;
        let tasks = mutation
            .change
            .states
            .iter()
            .map(|state| state.task.clone())
            .collect();
        return Ok(TaskOutcome { tasks, mutation });
    }
    let task = site.task(options.task.as_ref())?;
    let saved = save::lane_work(site, &task, options.dry_run)?;
    let (force, reason) = (options.force, options.reason.clone());
    let verb = Verb::Release {
        task: task.clone(),
        force,
        reason,
        saved,
    };
    let outcome = one(site, &task, verb, options.dry_run)?;
    save::unbind(site, &task, &outcome.mutation)?;
    Ok(outcome)
}

/// Stops a task; its commits are saved first, its lane is free afterwards.
///
/// # Errors
/// The refusal; when the work cannot be saved.
pub fn block(
    site: &Site,
    named: Option<&TaskId>,
    reason: &str,
    by: Option<&TaskId>,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let saved = save::lane_work(site, &task, dry_run)?;
    let (reason, by) = (reason.to_owned(), by.cloned());
    let outcome = one(
        site,
        &task,
        Verb::Block {
            task: task.clone(),
            reason,
            by,
            saved,
        },
        dry_run,
    )?;
    save::unbind(site, &task, &outcome.mutation)?;
    Ok(outcome)
}

/// Gives a task back as it is: too large, or wrong.
///
/// # Errors
/// The refusal; when the work cannot be saved.
pub fn give_back(
    site: &Site,
    named: Option<&TaskId>,
    reason: &str,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let saved = save::lane_work(site, &task, dry_run)?;
    let verb = Verb::Return {
        task: task.clone(),
        reason: reason.to_owned(),
        saved,
    };
    let outcome = one(site, &task, verb, dry_run)?;
    save::unbind(site, &task, &outcome.mutation)?;
    Ok(outcome)
}

/// Ends a block.
///
/// # Errors
/// The refusal.
pub fn unblock(site: &Site, named: Option<&TaskId>, dry_run: bool) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    let outcome = one(site, &task, Verb::Unblock { task: task.clone() }, dry_run)?;
    super::claim::settle_in(site, &task, &outcome.mutation)?;
    Ok(outcome)
}

/// Gives a task up.
///
/// # Errors
/// The refusal.
pub fn cancel(
    site: &Site,
    task: &TaskId,
    reason: &str,
    dependents: Dependents,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    save::lane_work(site, task, dry_run)?;
    let verb = Verb::Cancel {
        task: task.clone(),
        reason: reason.to_owned(),
        dependents,
    };
    let outcome = one(site, task, verb, dry_run)?;
    save::unbind(site, task, &outcome.mutation)?;
    Ok(outcome)
}

/// Takes a closed task up again.
///
/// # Errors
/// The refusal.
pub fn reopen(
    site: &Site,
    task: &TaskId,
    reason: &str,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let verb = Verb::Reopen {
        task: task.clone(),
        reason: reason.to_owned(),
    };
    one(site, task, verb, dry_run)
}

/// Adds a remark.
///
/// # Errors
/// The refusal.
pub fn note(
    site: &Site,
    named: Option<&TaskId>,
    text: &str,
    resolution: bool,
    dry_run: bool,
) -> Result<TaskOutcome, OpError> {
    let task = site.task(named)?;
    one(
        site,
        &task,
        Verb::Note {
            task: task.clone(),
            text: text.to_owned(),
            resolution,
        },
        dry_run,
    )
}
