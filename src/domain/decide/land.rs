//! `landing`, `land`, `unland`, `complete`: how submitted work becomes part of the target
//! (DESIGN §5).

use super::handoff::range_of;
use super::stage::{may_close, passed};
use super::{Change, Context, event_record};
use crate::domain::gates::{self, LandCase};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::identity::Capability;
use crate::domain::lifecycle::Event;
use crate::domain::record::{Evidence, RecordBody};
use crate::domain::refusal::{Holder, Refusal, Unmet};
use crate::domain::session::Session;
use crate::domain::snapshot::{RangeFacts, Replayed};
use crate::domain::stage::Stage;
use crate::domain::state::{Claim, Completion, Landing, Standing, Status, Submission, TaskState};
use crate::domain::time::{Span, Timestamp};

/// A task in review, taken apart.
struct Submitted<'a> {
    state: &'a TaskState,
    claim: &'a Claim,
    submission: &'a Submission,
    landing: Option<&'a Landing>,
}

fn submitted<'a>(ctx: Context<'a>, id: &TaskId) -> Result<Submitted<'a>, Refusal> {
    let state = ctx.state(id)?;
    match &state.standing {
        Standing::InReview {
            claim,
            submission,
            landing,
        } => Ok(Submitted {
            state,
            claim,
            submission,
            landing: landing.as_ref(),
        }),
        _ => {
            let message = format!("`{id}` is {}, not handed off", state.status());
            let hint = match state.status() {
                Status::Done | Status::Cancelled => format!("`laneway show {id}`"),
                _ => "`laneway handoff` submits work".to_owned(),
            };
            let unmet = Unmet::rule("lifecycle", message).hint(hint);
            Err(ctx.refuse(id, unmet))
        }
    }
}

/// The holder, or anyone who may merge, fenced by the epoch of the handoff.
fn may_merge(ctx: Context<'_>, id: &TaskId, work: &Submitted<'_>) -> Result<(), Refusal> {
    ctx.fence(id, work.state)?;
    if work.claim.agent == *ctx.agent() {
        return Ok(());
    }
    ctx.require(id, Capability::Merge)
}

/// Longest time that a merger may ask for the slot at once; it renews.
const MAX_SLOT: Span = Span::from_seconds(86_400);

/// A landing whose commit is on the target already is finished, and nothing else.
fn not_torn(ctx: Context<'_>, id: &TaskId, work: &Submitted<'_>) -> Result<(), Refusal> {
    match work.landing {
        Some(landing) if landing.shown_by(&ctx.snapshot.facts.reachable) => {
            let message = format!("{} is on the target: finish it", landing.commit.short());
            let unmet = Unmet::rule("landed", message).hint(format!("`laneway merge {id}`"));
            Err(ctx.refuse(id, unmet))
        }
        _ => Ok(()),
    }
}

/// What lands extends the very target whose rules judge it: only so is it a fast-forward, and only
/// so can no rule change slip in between (P18).
fn extends_target(ctx: Context<'_>, id: &TaskId, onto: ObjectId) -> Result<(), Refusal> {
    let tip = ctx.snapshot.rules.at;
    if onto == tip {
        return Ok(());
    }
    let message = format!(
        "it extends {}, but the target is {}",
        onto.short(),
        tip.short()
    );
    let unmet = Unmet::conflict("target-moved", message).hint(format!("`laneway merge {id}`"));
    Err(ctx.refuse(id, unmet))
}

/// At most one landing is open in the ledger, and only its merger moves it on.
fn slot_free(ctx: Context<'_>, id: &TaskId) -> Result<(), Refusal> {
    let margin = ctx.snapshot.rules.policy.lease.skew;
    let mut open: Vec<(&TaskId, &Landing)> = ctx
        .snapshot
        .states
        .iter()
        .filter_map(|(other, state)| match &state.standing {
            Standing::InReview {
                landing: Some(landing),
                ..
            } => Some((other, landing)),
            _ => None,
        })
        .filter(|(other, landing)| {
            let mine = *other == id
                && landing.by == *ctx.agent()
                && landing.host == ctx.request.actor.host;
            !mine && ctx.request.at <= landing.until.plus(margin)
        })
        .collect();
    open.sort_by_key(|(other, _)| *other);
    let Some((other, landing)) = open.first() else {
        return Ok(());
    };
    let holder = Holder {
        agent: Some(landing.by.clone()),
        until: Some(landing.until),
        ..Holder::task(other)
    };
    let message = format!(
        "the merge slot is taken by {} for `{other}` until {}",
        landing.by, landing.until
    );
    Err(ctx.refuse(id, Unmet::conflict("merge-slot", message).held_by(holder)))
}

fn meet_gates(
    ctx: Context<'_>,
    id: &TaskId,
    work: &Submitted<'_>,
    range: &RangeFacts,
    evidence: Option<&Evidence>,
    evidence_due: bool,
) -> Result<Vec<RecordBody>, Refusal> {
    let case = LandCase {
        snapshot: ctx.snapshot,
        task: ctx.task(id)?,
        claim: work.claim,
        submission: work.submission,
        range,
        evidence,
        evidence_due,
        now: ctx.request.at,
    };
    let unmet = case.unmet();
    if unmet.is_empty() {
        let lifted = case.overrides(gates::LAND);
        Ok(super::except::overridden(ctx, id, lifted).collect())
    } else {
        Err(Refusal::new(ctx.what(Some(id)), Some(id), unmet))
    }
}

/// The request's `onto` and `result` must be what git gives for the submission.
fn replay_holds(
    ctx: Context<'_>,
    id: &TaskId,
    range: &RangeFacts,
    onto: ObjectId,
    result: ObjectId,
) -> Result<(), Refusal> {
    match &range.replayed {
        Replayed::Commit {
            onto: o, result: r, ..
        } if *o == onto && *r == result => Ok(()),
        Replayed::Conflict(paths) => {
            let message = format!("it conflicts with the target in {}", paths.join(", "));
            let unmet = Unmet::rule("conflict", message)
                .hint("rebase it in its lane: `laneway lane sync`, then hand it off again");
            Err(ctx.refuse(id, unmet))
        }
        _ => {
            let message = format!(
                "{} is not the replay of the handed-off commit",
                result.short()
            );
            Err(ctx.refuse(id, Unmet::rule("replay", message)))
        }
    }
}

pub(super) fn landing(
    ctx: Context<'_>,
    id: &TaskId,
    (onto, result): (ObjectId, ObjectId),
    until: Timestamp,
    evidence: Option<&Evidence>,
) -> Result<Change, Refusal> {
    let work = submitted(ctx, id)?;
    may_merge(ctx, id, &work)?;
    may_close(ctx, id)?;
    not_torn(ctx, id, &work)?;
    slot_free(ctx, id)?;
    if until <= ctx.request.at || until > ctx.request.at.plus(MAX_SLOT) {
        let message = format!("the merge slot is given for at most {MAX_SLOT}, not until {until}");
        return Err(ctx.refuse(id, Unmet::rule("merge-slot", message)));
    }
    extends_target(ctx, id, onto)?;
    let range = range_of(ctx, id)?;
    replay_holds(ctx, id, range, onto, result)?;
    // Before the checks ran, the gates that ask for them are left out.
    let gated = evidence.is_some();
    let mut append = meet_gates(ctx, id, &work, range, evidence, gated)?;
    append.extend(evidence.map(|e| RecordBody::Evidence(e.clone())));
    let landing = Landing {
        commit: result,
        onto,
        at: ctx.request.at,
        by: ctx.agent().clone(),
        host: ctx.request.actor.host.clone(),
        until,
        gated,
    };
    let standing = Standing::InReview {
        claim: work.claim.clone(),
        submission: work.submission.clone(),
        landing: Some(landing),
    };
    Ok(Change::state(id, work.state.with(standing), append))
}

pub(super) fn drop_landing(ctx: Context<'_>, id: &TaskId, reason: &str) -> Result<Change, Refusal> {
    let work = submitted(ctx, id)?;
    let Some(landing) = work.landing else {
        return Ok(Change::default());
    };
    not_torn(ctx, id, &work)?;
    let mine = landing.by == *ctx.agent() && landing.host == ctx.request.actor.host;
    if !mine {
        slot_free(ctx, id)?;
    }
    let standing = Standing::InReview {
        claim: work.claim.clone(),
        submission: work.submission.clone(),
        landing: None,
    };
    let append = vec![event_record("landing_dropped", reason)];
    Ok(Change::state(id, work.state.with(standing), append))
}

pub(super) fn land(
    ctx: Context<'_>,
    id: &TaskId,
    onto: ObjectId,
    result: ObjectId,
    evidence: Option<&Evidence>,
) -> Result<Change, Refusal> {
    let work = submitted(ctx, id)?;
    // A torn landing is finished by anyone: the target has it, the ledger does not know yet. All
    // that it owed was met when it became gated.
    let torn = work.landing.is_some_and(|landing| {
        (landing.commit, landing.onto) == (result, onto)
            && landing.shown_by(&ctx.snapshot.facts.reachable)
    });
    let mut append = Vec::new();
    if !torn {
        may_merge(ctx, id, &work)?;
        may_close(ctx, id)?;
        not_torn(ctx, id, &work)?;
        slot_free(ctx, id)?;
        extends_target(ctx, id, onto)?;
        let range = range_of(ctx, id)?;
        replay_holds(ctx, id, range, onto, result)?;
        append = meet_gates(ctx, id, &work, range, evidence, true)?;
    }
    ctx.allow(id, work.state, Event::Land)?;
    append.extend(evidence.map(|e| RecordBody::Evidence(e.clone())));
    let next = done(ctx, id, &work, result, onto)?;
    Ok(Change::state(id, next, append))
}

fn done(
    ctx: Context<'_>,
    id: &TaskId,
    work: &Submitted<'_>,
    commit: ObjectId,
    onto: ObjectId,
) -> Result<TaskState, Refusal> {
    let claim = work.claim;
    let completion = Completion {
        commit,
        onto,
        at: ctx.request.at,
        agent: claim.agent.clone(),
        workstation: claim.workstation.clone(),
        lane: claim.lane.clone(),
        claim: claim.id.clone(),
        submission: work.submission.clone(),
    };
    let next = work.state.with(Standing::Done(completion));
    passed(ctx, id, next, Stage::Close, None)
}

pub(super) fn conflict(ctx: Context<'_>, id: &TaskId, onto: ObjectId) -> Result<Change, Refusal> {
    let work = submitted(ctx, id)?;
    may_merge(ctx, id, &work)?;
    not_torn(ctx, id, &work)?;
    if work.landing.is_some() {
        slot_free(ctx, id)?;
    }
    extends_target(ctx, id, onto)?;
    let range = range_of(ctx, id)?;
    let behind = gates::behind(&ctx.snapshot.rules, ctx.task(id)?, range);
    let reason = match &range.replayed {
        Replayed::Conflict(paths) => format!(
            "conflicts with the target {} in {}",
            onto.short(),
            paths.join(", ")
        ),
        _ if !behind.is_empty() => {
            let paths: Vec<&str> = behind.iter().map(|(path, _)| *path).collect();
            format!(
                "the target {} has changed {}, which others than the owner rebase on first",
                onto.short(),
                paths.join(", ")
            )
        }
        _ => {
            let message = "it applies to the target without conflict";
            return Err(ctx.refuse(id, Unmet::rule("replay", message)));
        }
    };
    let events = (Event::Revise, Event::ReviseLater);
    let saved = Some(work.submission.commit);
    let next = ctx.back_to_work(id, work.state, work.claim, saved, events)?;
    Ok(Change::state(
        id,
        next,
        vec![event_record("conflict", reason)],
    ))
}

pub(super) fn unland(ctx: Context<'_>, id: &TaskId, reason: &str) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Unland)?;
    if let Standing::Adopted(_) = &state.standing {
        let message = format!("`{id}` was imported as done: there is no work of it to go back to");
        let unmet = Unmet::rule("lifecycle", message).hint(format!(
            "`laneway reopen {id} --reason …` takes it up again"
        ));
        return Err(ctx.refuse(id, unmet));
    }
    let Standing::Done(done) = &state.standing else {
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", format!("`{id}` is not done"))));
    };
    if ctx.snapshot.facts.reachable.contains(&done.commit) {
        let message = format!("{} is on the target", done.commit.short());
        return Err(ctx.refuse(id, Unmet::rule("landed", message)));
    }
    let branch = ctx
        .snapshot
        .rules
        .policy
        .worktrees
        .branch_of(&ctx.snapshot.rules.policy.project, &done.lane)
        .map_err(|error| ctx.refuse(id, Unmet::rule("lane-wrong", error.to_string())))?;
    let claim = Claim {
        agent: done.agent.clone(),
        workstation: done.workstation.clone(),
        lane: done.lane.clone(),
        branch,
        claimed_at: done.submission.at,
        expires_at: done.submission.at,
        base: done.submission.base,
        id: done.claim.clone(),
        session: Session::Paused,
    };
    let standing = Standing::InReview {
        claim,
        submission: done.submission.clone(),
        landing: None,
    };
    let next = state.with(standing);
    Ok(Change::state(
        id,
        next,
        vec![event_record("unland", reason)],
    ))
}

pub(super) fn complete(
    ctx: Context<'_>,
    id: &TaskId,
    commit: ObjectId,
    on_my_word: bool,
) -> Result<Change, Refusal> {
    let work = submitted(ctx, id)?;
    may_merge(ctx, id, &work)?;
    may_close(ctx, id)?;
    if work.landing.is_some_and(|landing| landing.commit != commit) {
        not_torn(ctx, id, &work)?;
        slot_free(ctx, id)?;
    }
    let range = range_of(ctx, id)?;
    let short = commit.short();
    if !ctx.snapshot.facts.reachable.contains(&commit) {
        let message = format!("{short} is not on the target");
        return Err(ctx.refuse(id, Unmet::rule("not-on-target", message)));
    }
    let proven = match &range.replayed {
        Replayed::Commit { result, .. } => *result == commit && !range.commits.is_empty(),
        Replayed::Unknown | Replayed::Conflict(_) => false,
    };
    if !proven {
        if !on_my_word {
            let message = format!("{short} is not the handed-off change as a forge would land it");
            let unmet = Unmet::rule("not-the-change", message).hint(format!(
                "who may merge can vouch for it: `laneway complete {id} --commit {commit}`"
            ));
            return Err(ctx.refuse(id, unmet));
        }
        ctx.require(id, Capability::Merge)?;
    }
    let mut append = meet_gates(ctx, id, &work, range, None, proven)?;
    ctx.allow(id, work.state, Event::Land)?;
    if !proven {
        let reason = format!("{} vouches for {short}", ctx.agent());
        append.push(event_record("complete", reason));
    }
    let onto = match &range.replayed {
        Replayed::Commit { onto, .. } => *onto,
        _ => range.base,
    };
    let next = done(ctx, id, &work, commit, onto)?;
    Ok(Change::state(id, next, append))
}
