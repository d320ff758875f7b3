//! `handoff`: submitting work.

use std::time::Duration;

use super::OpError;
use super::check::on_its_branch;
use super::mutate::Mutation;
use super::proof::{self, ProofOptions};
use super::save;
use super::site::Site;
use crate::checks::Progress;
use crate::domain::gates::{approval, told};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::record::{Handoff, RecordBody, RootCause};
use crate::domain::request::{HandoffWish, Verb};
use crate::domain::state::Standing;

/// What `handoff` is told.
#[derive(Debug, Clone, Default)]
pub struct HandoffOptions {
    /// The task; none: the lane's.
    pub task: Option<TaskId>,
    /// Next slice.
    pub next: String,
    /// Risks and blockers.
    pub risks: Vec<String>,
    /// What the work does not prove.
    pub not_proven: Vec<String>,
    /// Owed by defects.
    pub root_cause: Option<RootCause>,
    /// What is done about its proof.
    pub proof: ProofOptions,
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
    /// What was recorded, or would be.
    pub handoff: Option<Handoff>,
    /// Remarks that refuse nothing: protected tests that shrink, files outside the findings of a
    /// review, a lane branch that was not pushed.
    pub notes: Vec<String>,
    /// The mutation.
    pub mutation: Mutation,
}

/// Submits the lane's commits and frees the lane (P42).
///
/// # Errors
/// A lane that is not clean; work that cannot be saved; a proof that is not trusted; the refusal.
pub fn handoff(
    site: &Site,
    options: &HandoffOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<HandoffOutcome, OpError> {
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
    let cause = options.root_cause.as_ref();
    let (said, due) = proof::planned(&snapshot, &id, cause, &options.proof, commit);
    let verb = Verb::Handoff {
        task: id.clone(),
        handoff: HandoffWish {
            risks: options.risks.clone(),
            not_proven: options.not_proven.clone(),
            root_cause: options.root_cause.clone(),
            proof: said,
            ..HandoffWish::new(commit, &options.next)
        },
    };
    let mut request = site.request(verb)?;
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
    if let (Some(due), Verb::Handoff { handoff, .. }, false) =
        (&due, &mut request.verb, options.dry_run)
    {
        let trust = options.proof.trust;
        handoff.proof = Some(proof::run(site, &snapshot, &id, due, trust, progress)?);
        request.at = site.env.now();
        // A proof that shows nothing is found before anything is saved.
        drop(publisher.judge(&request)?);
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
    let handoff = recorded(&mutation);
    notes.extend(remarks(&mutation, &id, handoff.as_ref()));
    Ok(HandoffOutcome {
        task: id,
        commit,
        handoff,
        notes,
        mutation,
    })
}

fn recorded(mutation: &Mutation) -> Option<Handoff> {
    let changes = mutation.change.states.iter();
    let mut records = changes.flat_map(|change| &change.append);
    records.find_map(|record| match record {
        RecordBody::Handoff(handoff) => Some(handoff.clone()),
        _ => None,
    })
}

/// What a reviewer will look at first: nothing of it keeps the work from being handed off.
fn remarks(mutation: &Mutation, id: &TaskId, handoff: Option<&Handoff>) -> Vec<String> {
    let shrunk = mutation.before.facts.range.iter().flat_map(|r| &r.shrunk);
    let mut notes: Vec<String> = shrunk
        .map(|test| format!("{}: {}", told(test), approval(id, test)))
        .collect();
    let outside = handoff.map_or(&[][..], |handoff| &handoff.outside);
    if !outside.is_empty() {
        notes.push(format!(
            "no finding of the review names {}: the reviewer is told",
            outside.join(", ")
        ));
    }
    notes
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
        handoff: recorded(&mutation),
        notes: Vec::new(),
        mutation,
    }
}
