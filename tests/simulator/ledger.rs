//! What must hold of the ledger that a seed leaves behind, read commit by commit.

use std::collections::{BTreeMap, BTreeSet};

use laneway::domain::id::{ObjectId, RequestId, TaskId};
use laneway::domain::request::{Request, Verb};
use laneway::domain::snapshot::States;
use laneway::domain::state::{Epoch, Status};
use laneway::git::Repo;
use laneway::ledger::{Ledger, Loader, message};

use crate::history::{Action, After, Call, Outcome};
use crate::template::DONE;

/// What the ledger says happened after the seed began.
pub struct Told {
    /// The requests, in order.
    pub requests: Vec<RequestId>,
    /// How the tasks stand at the end.
    pub states: States,
}

/// Reads the commits after `from` up to `tip`, and checks each against the one before it.
///
/// # Errors
/// The first that should not be there.
pub fn read(repo: &Repo, from: ObjectId, tip: ObjectId) -> Result<Told, String> {
    let loader = Loader::new(repo);
    let mut before = loader.states(from).map_err(|error| error.to_string())?;
    let mut requests = Vec::new();
    let line = repo.commits_between(from, tip);
    for commit in line.map_err(|error| error.to_string())? {
        let text = repo
            .commit(commit)
            .map_err(|error| error.to_string())?
            .message;
        let said = message::read(&text, |_, _| None).map_err(|error| error.to_string())?;
        let after = loader.states(commit).map_err(|error| error.to_string())?;
        follows(&said.request, &before, &after)
            .map_err(|why| format!("{}: {why}", commit.short()))?;
        if requests.contains(&said.request.id) {
            return Err(format!("{} stands in the ledger twice", said.request.id));
        }
        requests.push(said.request.id);
        before = after;
    }
    Ok(Told {
        requests,
        states: before,
    })
}

/// No stale epoch, no epoch but by a claim, no claim before what it depends on is done.
fn follows(request: &Request, before: &States, after: &States) -> Result<(), String> {
    for (task, epoch) in shown(request) {
        let now = before.get(&task).epoch;
        if epoch != now {
            return Err(format!("epoch {epoch} of {task} was over, {now} in force"));
        }
    }
    let claims = matches!(request.verb, Verb::Claim(_));
    for (task, state) in after.iter() {
        let old = before.get(task).epoch;
        match state.epoch {
            epoch if epoch == old => {}
            epoch if epoch == old.next() && claims => dependencies_done(task, before)?,
            epoch => return Err(format!("epoch {epoch} of {task} came after {old}")),
        }
    }
    Ok(())
}

fn shown(request: &Request) -> Vec<(TaskId, Epoch)> {
    match (&request.verb, request.verb.task(), request.actor.epoch) {
        (Verb::Renew { tasks }, _, _) => tasks.clone(),
        (_, Some(task), Some(epoch)) => vec![(task.clone(), epoch)],
        _ => Vec::new(),
    }
}

fn dependencies_done(task: &TaskId, before: &States) -> Result<(), String> {
    let base: TaskId = DONE.parse().expect("an id");
    let depends = matches!(task.as_str(), "A-2" | "A-4");
    if depends && before.get(&base).status() != Status::Done {
        return Err(format!("{task} was claimed while {base} was not done"));
    }
    Ok(())
}

/// What clients were told, held against the ledger.
///
/// # Errors
/// The first thing that was told and is not so.
pub fn agrees(told: &Told, calls: &[Call]) -> Result<(), String> {
    let place: BTreeMap<&RequestId, usize> = told.requests.iter().zip(0..).collect();
    let mut owners: BTreeMap<(&TaskId, u32), &str> = BTreeMap::new();
    for call in calls {
        let there = place.contains_key(&call.id);
        match &call.outcome {
            Outcome::Done(tasks) => {
                if !there {
                    return Err(format!("acknowledged and not in the ledger: {call}"));
                }
                for (task, after) in tasks.iter().filter(|_| call.action == Action::Claim) {
                    let other = owners.insert((task, after.epoch), &call.agent);
                    if let Some(other) = other {
                        return Err(format!("{other} was given that epoch before: {call}"));
                    }
                }
            }
            Outcome::Refused(_) | Outcome::Failed if there => {
                return Err(format!("said to have failed, and in the ledger: {call}"));
            }
            Outcome::Refused(_) | Outcome::Failed | Outcome::Unknown => {}
        }
    }
    in_order(&place, calls)
}

/// What was acknowledged before another request was made stands before it.
fn in_order(place: &BTreeMap<&RequestId, usize>, calls: &[Call]) -> Result<(), String> {
    let done = calls
        .iter()
        .filter(|call| matches!(call.outcome, Outcome::Done(_)));
    let placed: Vec<(&Call, usize)> = done.map(|call| (call, place[&call.id])).collect();
    for (a, first) in &placed {
        for (b, second) in &placed {
            if a.between.1 < b.between.0 && first > second {
                return Err(format!(
                    "the ledger has these in the other order:\n{a}\n{b}"
                ));
            }
        }
    }
    Ok(())
}

/// The end of the ledger as a last look of somebody, for the checker.
pub fn last_look(told: &Told, tasks: &[TaskId], tick: u64) -> Vec<Call> {
    let look = |task: &TaskId| {
        let state = told.states.get(task);
        let after = After {
            status: state.status().word(),
            epoch: state.epoch.0,
        };
        Call {
            agent: "the end".to_owned(),
            id: "the-end".parse().expect("an id"),
            action: Action::Look,
            task: Some(task.clone()),
            epoch: None,
            at: (0, 0),
            between: (tick, tick),
            outcome: Outcome::Done(vec![(task.clone(), after)]),
        }
    };
    tasks.iter().map(look).collect()
}

/// Every tracking ref is the tip or an ancestor of it.
///
/// # Errors
/// The ref that is elsewhere.
pub fn on_the_line(repo: &Repo, tip_ref: &str, tip: ObjectId) -> Result<(), String> {
    let known = repo.tip(tip_ref).map_err(|error| error.to_string())?;
    let known = known.ok_or("a tracking ref is gone")?;
    match repo.is_ancestor(known, tip) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!("{tip_ref} has left the line at {}", known.short())),
        Err(error) => Err(error.to_string()),
    }
}

/// Every commit is decided again.
///
/// # Errors
/// What differs.
pub fn replays(ledger: &Ledger, from: ObjectId) -> Result<(), String> {
    let verdicts = laneway::audit::verify(ledger, Some(from)).map_err(|error| error.to_string())?;
    let wrong: BTreeSet<String> = verdicts
        .filter(|verdict| !verdict.holds())
        .map(|verdict| format!("{}: {:?}", verdict.commit.short(), verdict.difference))
        .collect();
    match wrong.first() {
        None => Ok(()),
        Some(first) => Err(format!("the audit finds {first}")),
    }
}
