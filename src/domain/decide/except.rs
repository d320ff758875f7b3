//! `except`: lifting a gate for a task, for some time, with a decision record; a person of the
//! gate's seat approves (P23, G19, G21).

use super::note::{MAX_NOTE, touched};
use super::{Change, Context};
use crate::domain::exception::{
    DecisionFile, ExceptAct, Exception, ExceptionRecord, Override, Stand, Waiver, exceptions, uses,
};
use crate::domain::gates::{Page, page_of, waivable};
use crate::domain::id::TaskId;
use crate::domain::identity::{AgentKind, Capability, Seat};
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::review::authors;
use crate::domain::state::{Status, TaskState};
use crate::domain::time::Span;

/// Longest time that an exception may be asked for.
const LONGEST: Span = Span::from_seconds(90 * 86_400);

/// Most bytes of a reason or a way back: both stand in one commit message.
const MAX_TEXT: usize = 2048;

/// Most bytes of the path of a decision record.
const MAX_PATH: usize = 1024;

/// Most exceptions in force of one task.
const MAX_ACTIVE: usize = 16;

pub(super) fn except(ctx: Context<'_>, id: &TaskId, act: &ExceptAct) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    if matches!(state.status(), Status::Done | Status::Cancelled) {
        let message = format!("`{id}` is {}", state.status());
        let hint = format!("`laneway show {id}`");
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", message).hint(hint)));
    }
    match act {
        ExceptAct::Ask { .. } => ask(ctx, id, state, act),
        ExceptAct::Approve { exception, note } => {
            let found = open(ctx, id, *exception)?;
            let record = ExceptionRecord::Approved {
                exception: *exception,
                note: note.clone(),
            };
            decided(ctx, id, &found, note.as_deref())?;
            approved(ctx, id, state, &found, record)
        }
        ExceptAct::Reject { exception, note } => {
            let found = open(ctx, id, *exception)?;
            decided(ctx, id, &found, note.as_deref())?;
            let record = ExceptionRecord::Rejected {
                exception: *exception,
                note: note.clone(),
            };
            let body = RecordBody::Exception(record);
            Ok(Change::state(id, state.clone(), vec![body]))
        }
        ExceptAct::Revoke { exception, note } => {
            revoke(ctx, id, state, *exception, note.as_deref())
        }
    }
}

/// Asks: the holder, or who may plan.
fn ask(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    act: &ExceptAct,
) -> Result<Change, Refusal> {
    let ExceptAct::Ask {
        gate,
        adr,
        commit,
        reason,
        rollback,
        until,
    } = act
    else {
        return Ok(Change::default());
    };
    match state.claim() {
        Some(claim) if claim.agent == *ctx.agent() => {
            ctx.hold(id, state)?;
        }
        _ => ctx.require(id, Capability::Plan)?,
    }
    let (page, _) = seat_of(ctx, id, gate)?;
    for (text, flag) in [(reason, "--reason"), (rollback, "--rollback")] {
        if text.trim().is_empty() || text.len() > MAX_TEXT {
            let message = format!("an exception owes `{flag}` of 1 to {MAX_TEXT} bytes");
            return Err(ctx.refuse(id, Unmet::rule("exception-size", message)));
        }
    }
    if adr.len() > MAX_PATH {
        let message = format!("the path of the decision record has more than {MAX_PATH} bytes");
        return Err(ctx.refuse(id, Unmet::rule("exception-size", message)));
    }
    let now = ctx.request.at;
    if *until <= now || *until > now.plus(LONGEST) {
        let message = format!("an exception holds for at most {LONGEST}, not until {until}");
        let unmet = Unmet::rule("exception-time", message).hint("`--expires 2d`");
        return Err(ctx.refuse(id, unmet));
    }
    let Some(blob) = ctx.snapshot.facts.adr else {
        let message = format!("{} has no file `{adr}`", commit.short());
        let hint = "the decision record stands in the repository: commit it, then name its path";
        return Err(ctx.refuse(id, Unmet::rule("adr-missing", message).hint(hint)));
    };
    let record = ExceptionRecord::Asked {
        gate: page.id.to_owned(),
        adr: DecisionFile {
            path: adr.clone(),
            commit: *commit,
            blob,
        },
        reason: reason.clone(),
        rollback: rollback.clone(),
        until: *until,
    };
    let next = touched(ctx, id, state)?;
    Ok(Change::state(id, next, vec![RecordBody::Exception(record)]))
}

/// The page of a gate, and the seat that may lift it.
fn seat_of(ctx: Context<'_>, id: &TaskId, gate: &str) -> Result<(Page, Seat), Refusal> {
    let Some(page) = page_of(gate) else {
        let message = format!("there is no gate `{gate}`");
        let hint = format!("gates that a person may lift: {}", waivable().join(", "));
        return Err(ctx.refuse(id, Unmet::rule("gate-unknown", message).hint(hint)));
    };
    match page.waived_by() {
        Some(seat) => Ok((page, seat)),
        None => {
            let message = format!("the gate `{}` is lifted for nobody", page.id);
            let hint = format!("`laneway explain {}` names the ways out", page.id);
            Err(ctx.refuse(id, Unmet::rule("gate-fixed", message).hint(hint)))
        }
    }
}

/// The exception with this number.
fn known<'a>(ctx: Context<'a>, id: &TaskId, number: u32) -> Result<Exception<'a>, Refusal> {
    let mut all = exceptions(ctx.snapshot.records_of(id));
    all.find(|one| one.record.n == number).ok_or_else(|| {
        let message = format!("`{id}` has no exception {number}");
        let hint = format!("`laneway except {id} --list --all`");
        ctx.refuse(id, Unmet::rule("exception-unknown", message).hint(hint))
    })
}

/// The exception with this number, which nobody has decided yet.
fn open<'a>(ctx: Context<'a>, id: &TaskId, number: u32) -> Result<Exception<'a>, Refusal> {
    let found = known(ctx, id, number)?;
    let stand = found.stand(ctx.request.at.max(ctx.snapshot.tip_time));
    if stand == Stand::Open {
        return Ok(found);
    }
    let message = format!("exception {number} of `{id}` is {}", stand.word());
    let hint = "ask for a new one: `laneway except ID --gate …`";
    Err(ctx.refuse(id, Unmet::rule("exception-decided", message).hint(hint)))
}

/// Who decides: a person of the gate's seat, never who asked.
fn decided(
    ctx: Context<'_>,
    id: &TaskId,
    found: &Exception<'_>,
    note: Option<&str>,
) -> Result<(), Refusal> {
    let (_, seat) = seat_of(ctx, id, found.gate)?;
    let map = &ctx.snapshot.rules.identity;
    let agent = ctx.agent();
    let known = map.agents.get(agent);
    if known.is_none_or(|known| known.kind != AgentKind::Person) {
        let message = format!("the identity map does not know {agent} as a person");
        let hint = format!(
            "a person decides: `{{name: …, kind: person, seat: [{seat}]}}` under `agents` in \
             governance/identity-map.yaml"
        );
        return Err(ctx.refuse(id, Unmet::rule("agent-kind", message).hint(hint)));
    }
    if !map.is_seated(agent, seat) {
        let message = format!(
            "the gate `{}` is lifted from the seat `{seat}`, which {agent} has not",
            found.gate
        );
        let hint = "`seat` in governance/identity-map.yaml";
        return Err(ctx.refuse(id, Unmet::rule("agent-seat", message).hint(hint)));
    }
    let holder = ctx.snapshot.states.get(id).claim();
    let authors = authors(
        ctx.snapshot.records_of(id),
        holder.map(|claim| &claim.agent),
    );
    if found.record.by == *agent || authors.contains(agent) {
        let message = format!("{agent} cannot decide an exception for its own work");
        return Err(ctx.refuse(id, Unmet::rule("self-decision", message)));
    }
    if note.is_some_and(|note| note.trim().is_empty() || note.len() > MAX_NOTE) {
        let message = format!("a note has 1 to {MAX_NOTE} bytes");
        return Err(ctx.refuse(id, Unmet::rule("note-size", message)));
    }
    Ok(())
}

fn approved(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    found: &Exception<'_>,
    record: ExceptionRecord,
) -> Result<Change, Refusal> {
    let mut next = state.clone();
    // What is over lifts nothing, and a newer approval of a gate stands for an older one.
    let active: Vec<&Waiver> = ctx.snapshot.waivers(id, ctx.request.at).collect();
    next.waivers
        .retain(|waiver| active.contains(&waiver) && waiver.gate != found.gate);
    if next.waivers.len() >= MAX_ACTIVE {
        let message = format!("`{id}` has {MAX_ACTIVE} exceptions in force");
        return Err(ctx.refuse(id, Unmet::rule("exception-size", message)));
    }
    next.waivers.push(Waiver {
        gate: found.gate.to_owned(),
        exception: found.record.n,
        by: ctx.agent().clone(),
        until: found.until,
    });
    Ok(Change::state(id, next, vec![RecordBody::Exception(record)]))
}

fn revoke(
    ctx: Context<'_>,
    id: &TaskId,
    state: &TaskState,
    exception: u32,
    note: Option<&str>,
) -> Result<Change, Refusal> {
    let found = known(ctx, id, exception)?;
    let stand = found.stand(ctx.request.at);
    if stand != Stand::Active {
        let message = format!("exception {exception} of `{id}` is {}", stand.word());
        return Err(ctx.refuse(id, Unmet::rule("exception-decided", message)));
    }
    decided(ctx, id, &found, note)?;
    let mut next = state.clone();
    next.waivers.retain(|waiver| waiver.exception != exception);
    let record = ExceptionRecord::Revoked {
        exception,
        note: note.map(str::to_owned),
    };
    Ok(Change::state(id, next, vec![RecordBody::Exception(record)]))
}

/// The records of gates that were lifted, but for what is on record since the work was claimed or
/// handed off last.
pub(super) fn overridden(
    ctx: Context<'_>,
    id: &TaskId,
    lifted: Vec<Override>,
) -> impl Iterator<Item = RecordBody> {
    let records = ctx.snapshot.records_of(id).iter().rev();
    let epoch = ctx.snapshot.states.get(id).epoch;
    let told: Vec<u32> = records
        .take_while(|record| {
            record.epoch == epoch && !matches!(record.body, RecordBody::Handoff(_))
        })
        .filter_map(|record| uses(&record.body))
        .collect();
    let new = move |used: &Override| !told.contains(&used.exception);
    lifted.into_iter().filter(new).map(RecordBody::Override)
}
