//! `scope confirm` and `scope go`: a claim whose package says so waits until someone else agrees
//! with what its holder understood (G4).

use super::note::MAX_NOTE;
use super::{Change, Context};
use crate::domain::id::{AgentName, TaskId};
use crate::domain::identity::{Capability, Seat};
use crate::domain::lifecycle::Event;
use crate::domain::package::StopGate;
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Holder, Refusal, Unmet};
use crate::domain::request::{StageAct, Verb};
use crate::domain::scope::ScopeRecord;
use crate::domain::stage::Stage;
use crate::domain::state::{Claim, Standing, TaskState};
use crate::domain::task::Task;

pub(super) fn scope(ctx: Context<'_>, id: &TaskId, act: &ScopeRecord) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    let Standing::AwaitingScope(claim) = &state.standing else {
        let message = format!("`{id}` is {}: no scope waits for a go", state.status());
        let hint = format!("`laneway show {id}`");
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", message).hint(hint)));
    };
    let standing = match act {
        ScopeRecord::Confirmed { text } => confirm(ctx, id, state, text)?,
        ScopeRecord::Go { note } => go(ctx, id, claim, note.as_deref())?,
    };
    ctx.fence(id, state)?;
    let next = state.with(standing);
    Ok(Change::state(
        id,
        next,
        vec![RecordBody::Scope(act.clone())],
    ))
}

fn confirm(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    text: &str,
) -> Result<Standing, Refusal> {
    let claim = ctx.hold(id, state)?;
    check_size(ctx, id, text)?;
    Ok(Standing::AwaitingScope(ctx.touched(id, claim)?))
}

fn go(
    ctx: Context<'_>,
    id: &TaskId,
    claim: &Claim,
    note: Option<&str>,
) -> Result<Standing, Refusal> {
    if claim.agent == *ctx.agent() {
        let message = format!("{} cannot give itself the go", ctx.agent());
        let unmet = Unmet::rule("self-go", message)
            .held_by(Holder::claim(id, claim))
            .hint(format!("someone else runs `laneway scope go {id}`"));
        return Err(ctx.refuse(id, unmet));
    }
    may_scope(ctx, id)?;
    if let Some(note) = note {
        check_size(ctx, id, note)?;
    }
    if !said(ctx, id, claim) {
        let message = format!("{} has not said what it understood", claim.agent);
        let hint = format!("it runs `laneway scope confirm {id} --text …` first");
        return Err(ctx.refuse(id, Unmet::rule("scope-unsaid", message).hint(hint)));
    }
    ctx.allow(id, ctx.state(id)?, Event::Go)?;
    let taken = ctx.taken(id, claim)?;
    if !taken.is_empty() {
        return Err(Refusal::new(ctx.what(Some(id)), Some(id), taken));
    }
    Ok(Standing::InProgress(ctx.renewed(claim)))
}

/// Whether the last go was given for what `agent` understood.
pub(super) fn had_the_go(ctx: Context<'_>, id: &TaskId, agent: &AgentName) -> bool {
    let (mut said, mut given) = (None, None);
    for record in ctx.snapshot.records_of(id) {
        match &record.body {
            RecordBody::Scope(ScopeRecord::Confirmed { .. }) => said = Some(&record.by),
            RecordBody::Scope(ScopeRecord::Go { .. }) => given = said,
            _ => {}
        }
    }
    given == Some(agent)
}

/// Whether the holder confirmed the scope in this epoch.
fn said(ctx: Context<'_>, id: &TaskId, claim: &Claim) -> bool {
    let epoch = ctx.snapshot.states.get(id).epoch;
    ctx.snapshot.records_of(id).iter().any(|record| {
        let confirmed = matches!(
            record.body,
            RecordBody::Scope(ScopeRecord::Confirmed { .. })
        );
        confirmed && record.epoch == epoch && record.by == claim.agent
    })
}

fn check_size(ctx: Context<'_>, id: &TaskId, text: &str) -> Result<(), Refusal> {
    if !text.trim().is_empty() && text.len() <= MAX_NOTE {
        return Ok(());
    }
    let message = format!("a note has 1 to {MAX_NOTE} bytes");
    Err(ctx.refuse(id, Unmet::rule("note-size", message)))
}

/// Who says what belongs to a task: who may plan, and persons who have the seat for it.
pub(super) fn may_scope(ctx: Context<'_>, id: &TaskId) -> Result<(), Refusal> {
    let map = &ctx.snapshot.rules.identity;
    let seated = [Seat::Scope, Seat::Direction];
    if seated.iter().any(|seat| map.is_seated(ctx.agent(), *seat)) {
        return Ok(());
    }
    ctx.require(id, Capability::Plan)
}

/// Whether whoever claims the task now has to confirm its scope: the package says so, and this
/// agent has not had the go for the work that it goes on with.
pub(super) fn owed(ctx: Context<'_>, task: &Task, state: &TaskState) -> bool {
    let confirmed = match &state.standing {
        Standing::Todo {
            resume: Some(resume),
        } => resume.scoped && resume.agent == *ctx.agent(),
        Standing::Blocked { claim, block } => !block.unscoped && claim.agent == *ctx.agent(),
        Standing::InProgress(claim) => claim.agent == *ctx.agent(),
        _ => false,
    };
    let asks = || match ctx.snapshot.package(task) {
        Some(Ok(package)) => package.stop_gate == StopGate::ScopeConfirmation,
        Some(Err(_)) | None => false,
    };
    matches!(state.standing, Standing::AwaitingScope(_)) || (!confirmed && asks())
}

/// Work on a scope that waits for a go is refused, before any other reason.
pub(super) fn first(ctx: Context<'_>) -> Result<(), Refusal> {
    let verb = &ctx.request.verb;
    let works = match verb {
        Verb::Evidence { .. }
        | Verb::Handoff { .. }
        | Verb::Landing { .. }
        | Verb::Land { .. }
        | Verb::Conflict { .. }
        | Verb::Complete { .. } => true,
        // What others saw may be said at any time.
        Verb::Attest { task, .. } => {
            let claim = ctx.snapshot.states.get(task).claim();
            claim.is_some_and(|claim| claim.agent == *ctx.agent())
        }
        Verb::Stage {
            act: StageAct::Pass { stage, .. },
            ..
        } => *stage == Stage::Execute,
        _ => false,
    };
    let Some(id) = verb.task().filter(|_| works) else {
        return Ok(());
    };
    match &ctx.snapshot.states.get(id).standing {
        Standing::AwaitingScope(claim) => {
            let message = format!("the scope of `{id}` waits for a go");
            let hint = format!(
                "`laneway scope confirm {id} --text …`, then someone else runs `laneway scope go \
                 {id}`"
            );
            let unmet = Unmet::rule("scope-unconfirmed", message)
                .held_by(Holder::claim(id, claim))
                .hint(hint);
            Err(ctx.refuse(id, unmet))
        }
        _ => Ok(()),
    }
}
