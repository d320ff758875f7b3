//! `except`: exceptions from gates, asked for, decided and listed (P23, G19, G21).

use std::collections::BTreeMap;

use super::OpError;
use super::mutate::Mutation;
use super::save;
use super::site::Site;
use crate::audit::{Authorship, authorship};
use crate::domain::exception::{DecisionFile, ExceptAct, Exception, Stand, exceptions};
use crate::domain::gates::page_of;
use crate::domain::id::{AgentName, ObjectId, TaskId};
use crate::domain::identity::Seat;
use crate::domain::record::{Record, RecordBody};
use crate::domain::request::Verb;
use crate::domain::signature::Level;
use crate::domain::state::Standing;
use crate::domain::time::{Span, Timestamp};
use crate::ledger::Loader;

/// An exception as it stands.
#[derive(Debug, Clone)]
pub struct Told {
    /// Of which task.
    pub task: TaskId,
    /// Its number among the records of the task.
    pub number: u32,
    /// The gate.
    pub gate: String,
    /// The seat that decides; none when there is no such gate any more.
    pub seat: Option<Seat>,
    /// The decision record.
    pub adr: DecisionFile,
    /// Why.
    pub reason: String,
    /// How it is undone.
    pub rollback: String,
    /// Until when.
    pub until: Timestamp,
    /// Who asked.
    pub by: AgentName,
    /// What shows that they did; only lists look for it.
    pub level: Option<Level>,
    /// When.
    pub at: Timestamp,
    /// Where it stands.
    pub stand: Stand,
    /// Who decided last.
    pub decided_by: Option<AgentName>,
    /// What shows that they did.
    pub decided_level: Option<Level>,
    /// How often it was used.
    pub uses: usize,
}

impl Told {
    fn of(task: &TaskId, one: &Exception<'_>, now: Timestamp, authorship: &Authorship) -> Self {
        let level = |record: &Record| Some(authorship.of(task, record.n)?.level);
        Self {
            task: task.clone(),
            number: one.record.n,
            gate: one.gate.to_owned(),
            seat: page_of(one.gate).and_then(|page| page.waived_by()),
            adr: one.adr.clone(),
            reason: one.reason.to_owned(),
            rollback: one.rollback.to_owned(),
            until: one.until,
            by: one.record.by.clone(),
            level: level(one.record),
            at: one.record.at,
            stand: one.stand(now),
            decided_by: one.decided.map(|record| record.by.clone()),
            decided_level: one.decided.and_then(level),
            uses: one.uses,
        }
    }
}

/// What `except` came to.
#[derive(Debug, Clone)]
pub struct ExceptOutcome {
    /// The exceptions it is about.
    pub exceptions: Vec<Told>,
    /// How many there are over all tasks that were looked at, by where they stand.
    pub counts: BTreeMap<Stand, usize>,
    /// The mutation; none when it was only looked.
    pub mutation: Option<Mutation>,
}

/// Lists exceptions, over all tasks or of one: those that are open, in force or expired, or all.
///
/// # Errors
/// When the ledger does not read.
pub fn list(site: &Site, task: Option<&TaskId>, all: bool) -> Result<ExceptOutcome, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let tip = site.ledger.tip()?;
    let histories = match (tip, task) {
        (None, _) => Vec::new(),
        (Some(tip), Some(task)) => loader.history(tip, task)?.into_iter().collect(),
        (Some(tip), None) => loader.histories_with(tip, "kind: exception")?,
    };
    let now = site.env.now();
    let mut found: Vec<(&TaskId, Exception<'_>)> = histories
        .iter()
        .flat_map(|history| exceptions(&history.records).map(|one| (&history.id, one)))
        .collect();
    found.sort_by(|(a, one), (b, other)| (a, one.record.n).cmp(&(b, other.record.n)));
    let mut counts: BTreeMap<Stand, usize> = BTreeMap::new();
    for (_, one) in &found {
        *counts.entry(one.stand(now)).or_default() += 1;
    }
    let told = |stand| all || matches!(stand, Stand::Open | Stand::Active | Stand::Expired);
    found.retain(|(_, one)| told(one.stand(now)));
    let steps = found.iter().flat_map(|(task, one)| {
        let steps = std::iter::once(one.record).chain(one.decided);
        steps.map(|record| (*task, record))
    });
    let authorship = match tip {
        Some(tip) => authorship(&site.ledger, &loader, tip, steps)?,
        None => Authorship::default(),
    };
    let exceptions = found
        .iter()
        .map(|(task, one)| Told::of(task, one, now, &authorship));
    Ok(ExceptOutcome {
        exceptions: exceptions.collect(),
        counts,
        mutation: None,
    })
}

/// What an exception is asked for.
#[derive(Debug, Clone)]
pub struct AskOptions {
    /// The gate to lift.
    pub gate: String,
    /// The path of the decision record in the repository.
    pub adr: String,
    /// Why.
    pub reason: String,
    /// How it is undone.
    pub rollback: String,
    /// How long it shall hold.
    pub expires: Span,
}

/// Asks for an exception for the named task, or the lane's. The decision record stands on the
/// target, in what was handed off, or in the holder's lane, whose commits are saved then.
///
/// # Errors
/// The refusal; when the work cannot be saved.
pub fn ask(
    site: &Site,
    named: Option<&TaskId>,
    options: &AskOptions,
    dry_run: bool,
) -> Result<ExceptOutcome, OpError> {
    let task = site.task(named)?;
    let adr = options.adr.trim_start_matches("./").to_owned();
    let act = ExceptAct::Ask {
        gate: options.gate.clone(),
        commit: place(site, &task, &adr, dry_run)?,
        adr,
        reason: options.reason.clone(),
        rollback: options.rollback.clone(),
        until: site.env.now().plus(options.expires),
    };
    carried_out(site, &task, act, dry_run)
}

/// The commit in which the decision record stands; where it stands nowhere, the target.
fn place(site: &Site, task: &TaskId, adr: &str, dry_run: bool) -> Result<ObjectId, OpError> {
    let snapshot = site.publisher()?.snapshot_for_holders()?;
    let target = snapshot.rules.at;
    let stands = |commit: ObjectId| -> Result<bool, OpError> {
        let repo = site.repo();
        Ok(repo.exists(commit) && repo.entry_at(repo.tree_of(commit)?, adr)?.is_some())
    };
    if stands(target)? {
        return Ok(target);
    }
    if let Standing::InReview { submission, .. } = &snapshot.states.get(task).standing
        && stands(submission.commit)?
    {
        return Ok(submission.commit);
    }
    match save::lane_work(site, task, dry_run)? {
        Some(saved) if stands(saved)? => Ok(saved),
        _ => Ok(target),
    }
}

/// Decides an exception of the named task, or of the lane's.
///
/// # Errors
/// The refusal.
pub fn decide(
    site: &Site,
    named: Option<&TaskId>,
    act: ExceptAct,
    dry_run: bool,
) -> Result<ExceptOutcome, OpError> {
    let task = site.task(named)?;
    carried_out(site, &task, act, dry_run)
}

fn carried_out(
    site: &Site,
    task: &TaskId,
    act: ExceptAct,
    dry_run: bool,
) -> Result<ExceptOutcome, OpError> {
    let number = act.decides();
    let verb = Verb::Except {
        task: task.clone(),
        act,
    };
    let request = site.request(verb)?;
    let mutation = site.carry_out(&request, dry_run)?;
    let mut records = mutation.before.records_of(task).to_vec();
    for change in mutation.change.states.iter().filter(|c| c.task == *task) {
        for body in &change.append {
            let n = u32::try_from(records.len()).unwrap_or(u32::MAX);
            records.push(Record {
                n: n.saturating_add(1),
                at: request.at,
                by: request.actor.agent.clone(),
                epoch: change.state.epoch,
                body: body.clone(),
            });
        }
    }
    let asked = records.iter().rev().find(|record| {
        matches!(record.body, RecordBody::Exception(_)) && record.by == request.actor.agent
    });
    let number = number.or(asked.map(|record| record.n));
    let told = exceptions(&records)
        .filter(|one| Some(one.record.n) == number)
        .map(|one| Told::of(task, &one, request.at, &Authorship::default()))
        .collect();
    Ok(ExceptOutcome {
        exceptions: told,
        counts: BTreeMap::new(),
        mutation: Some(mutation),
    })
}
