//! `hold`: a legal answer of the holder, and a stop by who plans (G6). The task keeps claim and
//! epoch and frees its lane, as a block does.

use super::scope::may_scope;
use super::{Change, Context, event_record};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::lifecycle::Event;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::state::{Block, Standing};

pub(super) fn hold(
    ctx: Context<'_>,
    id: &TaskId,
    reason: &str,
    saved: Option<ObjectId>,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Block)?;
    let claim = match state.claim() {
        Some(claim) if claim.agent != *ctx.agent() => {
            ctx.fence(id, state)?;
            may_scope(ctx, id)?;
            claim
        }
        _ => ctx.hold(id, state)?,
    };
    if reason.trim().is_empty() {
        let unmet = Unmet::rule("reason-owed", "a hold owes a reason").hint("`--reason …`");
        return Err(ctx.refuse(id, unmet));
    }
    let block = Block {
        reason: reason.to_owned(),
        by: None,
        since: ctx.request.at,
        commit: saved,
        hold: Some(ctx.agent().clone()),
        unscoped: matches!(state.standing, Standing::AwaitingScope(_)),
    };
    let standing = Standing::Blocked {
        claim: claim.clone(),
        block,
    };
    let record = event_record("hold", reason);
    Ok(Change::state(id, state.with(standing), vec![record]))
}
