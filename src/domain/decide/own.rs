//! `renew`, `release`, `expire`, `block`, `unblock`: what happens to a claim.

use std::borrow::Cow;
use std::collections::HashSet;

use super::claim::check_clock;
use super::{Change, Context, StateChange, event_record};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::identity::Capability;
use crate::domain::lease;
use crate::domain::lifecycle::Event;
use crate::domain::refusal::{Refusal, RefusalKind, Unmet};
use crate::domain::state::{Block, Claim, Epoch, Hindrance, Resume, Standing, TaskState};

pub(super) fn renew(ctx: Context<'_>, tasks: &[(TaskId, Epoch)]) -> Result<Change, Refusal> {
    let mut change = Change::default();
    let terms = ctx.snapshot.rules.policy.lease;
    // Two late claims may have had one lane after each other: each is judged with those before it.
    let mut snapshot = Cow::Borrowed(ctx.snapshot);
    let mut request = ctx.request.clone();
    let mut seen = HashSet::new();
    for (id, epoch) in tasks.iter().filter(|(id, _)| seen.insert(id)) {
        request.actor.epoch = Some(*epoch);
        let one = Context {
            request: &request,
            snapshot: &snapshot,
        };
        let state = one.state(id)?;
        let claim = one.keep(id, state)?;
        one.allow(id, state, Event::Renew)?;
        let late = lease::expired(claim, terms, ctx.request.at);
        let claim = one.renewed(claim);
        let standing = match state.standing {
            Standing::AwaitingScope(_) => Standing::AwaitingScope(claim),
            _ => Standing::InProgress(claim),
        };
        let state = state.with(standing);
        if late {
            let states = &mut snapshot.to_mut().states;
            states.insert(id.clone(), state.clone());
        }
        change.states.push(StateChange {
            task: id.clone(),
            state,
            append: Vec::new(),
        });
    }
    Ok(change)
}

pub(super) fn release(
    ctx: Context<'_>,
    id: &TaskId,
    force: bool,
    reason: Option<&str>,
    saved: Option<ObjectId>,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    if let (true, Standing::Todo { resume: Some(kept) }) = (force, &state.standing) {
        return free(ctx, id, state, kept, reason);
    }
    ctx.allow(id, state, Event::Release)?;
    let claim = if force {
        may_force(ctx, id, reason)?;
        state.claim()
    } else {
        Some(ctx.hold(id, state)?)
    };
    let Some(claim) = claim else {
        return Err(ctx.refuse(
            id,
            Unmet::rule("not-holder", format!("nobody holds `{id}`")),
        ));
    };
    let kept = saved.or(match &state.standing {
        Standing::Blocked { block, .. } => block.commit,
        _ => None,
    });
    let append = match (force, reason) {
        (true, Some(reason)) => vec![event_record(
            "release",
            format!(
                "taken from {} (epoch {}): {reason}",
                claim.agent, state.epoch
            ),
        )],
        (false, Some(reason)) => vec![event_record("release", reason)],
        (_, None) => Vec::new(),
    };
    Ok(Change::state(id, given_back(state, claim, kept), append))
}

/// Whoever takes a task from another owes the right and a reason.
fn may_force(ctx: Context<'_>, id: &TaskId, reason: Option<&str>) -> Result<(), Refusal> {
    ctx.require(id, Capability::Admin)?;
    if reason.is_none_or(|reason| reason.trim().is_empty()) {
        let unmet =
            Unmet::rule("reason-owed", "a forced release owes a reason").hint("`--reason …`");
        return Err(ctx.refuse(id, unmet));
    }
    Ok(())
}

/// Work that waits for who did it becomes anybody's (I19); its commits and its lane stay.
fn free(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    kept: &Resume,
    reason: Option<&str>,
) -> Result<Change, Refusal> {
    may_force(ctx, id, reason)?;
    if kept.workstation.is_none() {
        return Ok(Change::default());
    }
    let resume = Resume {
        workstation: None,
        scoped: false,
        ..kept.clone()
    };
    let standing = Standing::Todo {
        resume: Some(resume),
    };
    let reason = format!("no more for {}: {}", kept.agent, reason.unwrap_or_default());
    Ok(Change::state(
        id,
        state.with(standing),
        vec![event_record("release", reason)],
    ))
}

/// Todo again; work that was saved is gone on with by the next claim.
pub(super) fn given_back(state: &TaskState, claim: &Claim, saved: Option<ObjectId>) -> TaskState {
    let resume = saved.map(|commit| Resume {
        agent: claim.agent.clone(),
        lane: claim.lane.clone(),
        workstation: None,
        commit: Some(commit),
        scoped: false,
    });
    state.with(Standing::Todo { resume })
}

pub(super) fn expire(ctx: Context<'_>, trust_clock: bool) -> Result<Change, Refusal> {
    let terms = ctx.snapshot.rules.policy.lease;
    let expired: Vec<(&TaskId, &TaskState, &Claim)> = ctx
        .snapshot
        .states
        .in_progress()
        .filter(|(_, _, claim)| lease::expired(claim, terms, ctx.request.at))
        .collect();
    let Some((first, _, _)) = expired.first() else {
        let unmet = Unmet {
            kind: RefusalKind::Nothing,
            ..Unmet::rule("nothing-expired", "no claim has expired")
        };
        return Err(Refusal::one("cannot release", None, unmet));
    };
    check_clock(ctx, trust_clock, first)?;
    let mut change = Change::default();
    for (id, state, claim) in expired {
        ctx.allow(id, state, Event::Expire)?;
        let reason = format!(
            "epoch {} of {} in lane {} expired at {}",
            state.epoch, claim.agent, claim.lane, claim.expires_at
        );
        change.states.push(StateChange {
            task: id.clone(),
            state: given_back(state, claim, None),
            append: vec![event_record("expire", reason)],
        });
    }
    Ok(change)
}

pub(super) fn block(
    ctx: Context<'_>,
    id: &TaskId,
    reason: &str,
    by: Option<&TaskId>,
    saved: Option<ObjectId>,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Block)?;
    let claim = ctx.hold(id, state)?;
    if reason.trim().is_empty() {
        return Err(ctx.refuse(id, Unmet::rule("reason-owed", "a block owes a reason")));
    }
    if let Some(by) = by {
        if by == id {
            return Err(ctx.refuse(id, Unmet::rule("block-self", "a task cannot block itself")));
        }
        if !ctx.snapshot.knows(by) {
            let message = format!("no plan file defines the blocking task `{by}`");
            return Err(ctx.refuse(id, Unmet::rule("task-unknown", message)));
        }
        if ctx.snapshot.landed(by) {
            let message = format!("`{by}` has landed, so it blocks nothing");
            return Err(ctx.refuse(id, Unmet::rule("block-landed", message)));
        }
    }
    let block = Block {
        reason: reason.to_owned(),
        by: by.cloned(),
        since: ctx.request.at,
        commit: saved,
        hold: None,
        unscoped: matches!(state.standing, Standing::AwaitingScope(_)),
    };
    let standing = Standing::Blocked {
        claim: claim.clone(),
        block,
    };
    Ok(Change::state(id, state.with(standing), Vec::new()))
}

pub(super) fn unblock(ctx: Context<'_>, id: &TaskId) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Unblock)?;
    if let Standing::Withheld(hindrance) = &state.standing {
        return let_go(ctx, id, state, hindrance);
    }
    let Standing::Blocked { claim, block } = &state.standing else {
        return Err(ctx.refuse(
            id,
            Unmet::rule("lifecycle", format!("`{id}` is not blocked")),
        ));
    };
    ctx.fence(id, state)?;
    let held_up = block.hold.as_ref() == Some(ctx.agent());
    if claim.agent != *ctx.agent() && !held_up {
        ctx.require(id, Capability::Admin)?;
    }
    let next = if block.unscoped {
        unscoped(ctx, id, state, claim, block)?
    } else {
        let events = (Event::Unblock, Event::UnblockLater);
        ctx.back_to_work(id, state, claim, block.commit, events)?
    };
    Ok(Change::state(
        id,
        next,
        vec![event_record("unblock", block.reason.clone())],
    ))
}

/// A task that came here blocked has no holder whose word would count: whoever may plan says that
/// the reason is gone.
fn let_go(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    hindrance: &Hindrance,
) -> Result<Change, Refusal> {
    ctx.allow(id, state, Event::UnblockLater)?;
    ctx.require(id, Capability::Plan)?;
    let reason = hindrance.reason.clone();
    Ok(Change::state(
        id,
        state.with(Standing::default()),
        vec![event_record("unblock", reason)],
    ))
}

/// Unblocked where the scope waited for a go: it waits on, in its lane or in the queue.
fn unscoped(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    claim: &Claim,
    block: &Block,
) -> Result<TaskState, Refusal> {
    if ctx.taken(id, claim)?.is_empty() {
        ctx.allow(id, state, Event::UnblockUnscoped)?;
        return Ok(state.with(Standing::AwaitingScope(ctx.renewed(claim))));
    }
    ctx.allow(id, state, Event::UnblockLater)?;
    let resume = Resume {
        agent: claim.agent.clone(),
        lane: claim.lane.clone(),
        workstation: Some(claim.workstation.clone()),
        commit: block.commit,
        scoped: false,
    };
    Ok(state.with(Standing::Todo {
        resume: Some(resume),
    }))
}
