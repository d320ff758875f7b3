//! `note`: a remark on a task, and what a verb that only adds a record does to the lease.

use super::{Change, Context};
use crate::domain::id::TaskId;
use crate::domain::identity::Mode;
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::state::{Claim, Standing, TaskState};

/// Most of a remark that a state file keeps, in bytes.
pub(super) const MAX_NOTE: usize = 4096;

pub(super) fn note(
    ctx: Context<'_>,
    id: &TaskId,
    text: &str,
    resolution: bool,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    if text.trim().is_empty() || text.len() > MAX_NOTE {
        let message = format!("a note has 1 to {MAX_NOTE} bytes");
        return Err(ctx.refuse(id, Unmet::rule("note-size", message)));
    }
    let map = &ctx.snapshot.rules.identity;
    let closed = map.mode == Mode::Enforced && !map.agents.is_empty();
    if closed && !map.agents.contains_key(ctx.agent()) {
        let message = format!("the identity map has no agent {}", ctx.agent());
        return Err(ctx.refuse(id, Unmet::rule("agent-unknown", message)));
    }
    let record = RecordBody::Note {
        text: text.to_owned(),
        resolution,
    };
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

/// What is said along with a handoff or a review is as short as a remark, and says something.
pub(super) fn bounded<'a>(
    ctx: Context<'_>,
    id: &TaskId,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<(), Refusal> {
    let fits = |text: &str| !text.trim().is_empty() && text.len() <= MAX_NOTE;
    let Some(bad) = texts.into_iter().find(|text| !fits(text)) else {
        return Ok(());
    };
    let start: String = bad.chars().take(20).collect();
    let message = format!(
        "each text has 1 to {MAX_NOTE} bytes; `{}` has {}",
        start.escape_debug(),
        bad.len()
    );
    let hint = "say it shorter; long text belongs into a file of the repository";
    Err(ctx.refuse(id, Unmet::rule("text-size", message).hint(hint)))
}

/// The state after a verb that only adds a record: the holder's lease is extended when due.
pub(super) fn touched(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
) -> Result<TaskState, Refusal> {
    let holder = |claim: &Claim| claim.agent == *ctx.agent();
    let standing = match &state.standing {
        Standing::InProgress(claim) if holder(claim) => {
            ctx.hold(id, state)?;
            Standing::InProgress(ctx.touched(id, claim)?)
        }
        Standing::AwaitingScope(claim) if holder(claim) => {
            ctx.hold(id, state)?;
            Standing::AwaitingScope(ctx.touched(id, claim)?)
        }
        other => other.clone(),
    };
    Ok(state.with(standing))
}
