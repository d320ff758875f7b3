//! Work sessions: the one place that closes and opens them, whatever the verb (T8).
//!
//! A session is open while a claim is worked on and nobody stopped it. It ends when the claim leaves
//! work: by a handoff, a block, a return, a take-over; that of an agent that was lost ends with its
//! lease, also where the agent comes back and renews it.

use super::note::touched;
use super::{Change, Context};
use crate::domain::id::TaskId;
use crate::domain::lease;
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::request::Verb;
use crate::domain::session::{Session, SessionAct, SessionRecord};
use crate::domain::state::{Claim, Standing, TaskState};
use crate::domain::time::Timestamp;

/// The change with every session that it ends on record, and every one that it begins open.
pub(super) fn settled(ctx: Context<'_>, mut change: Change) -> Change {
    for one in &mut change.states {
        let before = ctx.snapshot.states.get(&one.task).occupying();
        resume(&mut one.state, before, ctx.request.at);
        came_late(ctx, &mut one.state, before);
        let Some((claim, started)) = before.and_then(open) else {
            continue;
        };
        let after = one.state.occupying().filter(|now| now.id == claim.id);
        let ended = match after.and_then(open) {
            Some((_, since)) if since == started => continue,
            Some(_) => claim.expires_at,
            None => end(ctx, claim),
        };
        one.append.push(RecordBody::Session(SessionRecord {
            agent: claim.agent.clone(),
            workstation: claim.workstation.clone(),
            started,
            ended: ended.max(started),
        }));
    }
    change
}

/// The claim, and since when its session is open.
fn open(claim: &Claim) -> Option<(&Claim, Timestamp)> {
    match claim.session {
        Session::Since(started) => Some((claim, started)),
        Session::Paused => None,
    }
}

/// A frozen claim counts no time; one that comes back to work does from now on.
fn resume(state: &mut TaskState, before: Option<&Claim>, now: Timestamp) {
    match &mut state.standing {
        Standing::Blocked { claim, .. } | Standing::InReview { claim, .. } => {
            claim.session = Session::Paused;
        }
        Standing::InProgress(claim) | Standing::AwaitingScope(claim) => {
            if before.is_none_or(|before| before.id != claim.id) {
                claim.session = Session::Since(now);
            }
        }
        Standing::Todo { .. }
        | Standing::Withheld(_)
        | Standing::Done(_)
        | Standing::Adopted(_)
        | Standing::Cancelled { .. } => {}
    }
}

/// Nobody is known to have worked between the end of a lease and its late renewal: the session ends
/// with the lease, and the next one begins now.
fn came_late(ctx: Context<'_>, state: &mut TaskState, before: Option<&Claim>) {
    let terms = ctx.snapshot.rules.policy.lease;
    let late = |claim: &&Claim| lease::expired(claim, terms, ctx.request.at);
    let Some(before) = before.filter(late) else {
        return;
    };
    if let Standing::InProgress(claim) | Standing::AwaitingScope(claim) = &mut state.standing
        && claim.id == before.id
        && claim.expires_at > before.expires_at
        && claim.session == before.session
        && open(claim).is_some()
    {
        claim.session = Session::Since(ctx.request.at);
    }
}

/// When a session ended: now where its agent says so, else with the lease at the latest.
fn end(ctx: Context<'_>, claim: &Claim) -> Timestamp {
    let taken = matches!(ctx.request.verb, Verb::Claim(_) | Verb::Expire { .. });
    if claim.agent == *ctx.agent() && !taken {
        return ctx.request.at;
    }
    ctx.request.at.min(claim.expires_at)
}

/// Starts or stops counting time by hand.
pub(super) fn session(ctx: Context<'_>, id: &TaskId, act: SessionAct) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.hold(id, state)?;
    if state.occupying().is_none() {
        let message = format!("`{id}` is {}: no time is counted", state.status());
        let hint = format!("`laneway show {id}`");
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", message).hint(hint)));
    }
    let mut next = touched(ctx, id, state)?;
    if let Standing::InProgress(claim) | Standing::AwaitingScope(claim) = &mut next.standing {
        match (act, claim.session) {
            (SessionAct::Start, Session::Since(_)) | (SessionAct::Stop, Session::Paused) => {
                return Ok(Change::default());
            }
            (SessionAct::Start, Session::Paused) => {
                claim.session = Session::Since(ctx.request.at);
            }
            (SessionAct::Stop, Session::Since(_)) => claim.session = Session::Paused,
        }
    }
    Ok(Change::state(id, next, Vec::new()))
}
