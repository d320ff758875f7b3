//! `cancel`, `reopen`, `return`: the ends of a task, and the ways back.

use super::own::given_back;
use super::{Change, Context, PlanChange, event_record};
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::identity::Capability;
use crate::domain::lifecycle::Event;
use crate::domain::refusal::{Holder, Refusal, Unmet};
use crate::domain::request::{Dependents, FieldEdit, FieldValue};
use crate::domain::snapshot::Origin;
use crate::domain::state::{Resume, Standing, Status, TaskState};
use crate::domain::task::Task;

pub(super) fn cancel(
    ctx: Context<'_>,
    id: &TaskId,
    reason: &str,
    dependents: Dependents,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Cancel)?;
    match state.claim() {
        Some(claim) if claim.agent == *ctx.agent() => {
            ctx.hold(id, state)?;
        }
        Some(_) => ctx.require(id, Capability::Admin)?,
        None => ctx.require(id, Capability::Plan)?,
    }
    if let Standing::InReview {
        landing: Some(landing),
        ..
    } = &state.standing
    {
        let message = format!("a merge of `{id}` by {} is under way", landing.by);
        let unmet = Unmet::conflict("merge-slot", message).held_by(Holder::task(id));
        return Err(ctx.refuse(id, unmet));
    }
    let open: Vec<&Task> = ctx
        .snapshot
        .plan
        .iter()
        .filter(|task| task.depends_on.contains(id))
        .filter(|task| {
            let status = ctx.snapshot.states.get(&task.id).status();
            !matches!(status, Status::Done | Status::Cancelled)
        })
        .collect();
    let plan = edges(ctx, id, &open, dependents)?;
    let standing = Standing::Cancelled {
        at: ctx.request.at,
        by: ctx.agent().clone(),
        reason: reason.to_owned(),
    };
    let next = state.with(standing);
    let change = Change::state(id, next, vec![event_record("cancel", reason)]);
    Ok(Change { plan, ..change })
}

fn edges(
    ctx: Context<'_>,
    id: &TaskId,
    open: &[&Task],
    dependents: Dependents,
) -> Result<Vec<PlanChange>, Refusal> {
    let names = || {
        open.iter()
            .map(|task| task.id.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match dependents {
        Dependents::None if open.is_empty() => Ok(Vec::new()),
        Dependents::None => {
            let verb = if open.len() == 1 { "depends" } else { "depend" };
            let message = format!("{} {verb} on `{id}`", names());
            let unmet = Unmet::rule("has-dependents", message)
                .hint("`--keep-dependents` leaves them waiting for ever, `--drop-edge` frees them");
            Err(ctx.refuse(id, unmet))
        }
        Dependents::Keep => Ok(Vec::new()),
        Dependents::DropEdge => open.iter().map(|task| drop_edge(ctx, id, task)).collect(),
    }
}

fn drop_edge(ctx: Context<'_>, id: &TaskId, task: &Task) -> Result<PlanChange, Refusal> {
    if ctx.snapshot.plan.origin(&task.id) == Some(Origin::Target) {
        let message = format!("`{}` is planned on the target", task.id);
        let unmet = Unmet::rule("plan-on-target", message).hint(format!(
            "remove `{id}` from its `depends_on` there, then cancel"
        ));
        return Err(ctx.refuse(id, unmet));
    }
    let left: Vec<String> = task
        .depends_on
        .iter()
        .filter(|need| *need != id)
        .map(TaskId::to_string)
        .collect();
    let value = if left.is_empty() {
        None
    } else {
        Some(FieldValue::List(left))
    };
    let fields = vec![FieldEdit {
        key: "depends_on".to_owned(),
        value,
    }];
    Ok(PlanChange::Edit {
        task: task.id.clone(),
        fields,
    })
}

pub(super) fn reopen(ctx: Context<'_>, id: &TaskId, reason: &str) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Reopen)?;
    // Who may give a task up may take it up again; what has landed is overruled.
    let capability = match state.status() {
        Status::Done => Capability::Admin,
        _ => Capability::Plan,
    };
    ctx.require(id, capability)?;
    if reason.trim().is_empty() {
        return Err(ctx.refuse(id, Unmet::rule("reason-owed", "a reopening owes a reason")));
    }
    // A done task is gone on with by whoever did it, where it was done (I19).
    let resume = match &state.standing {
        Standing::Done(done) => Some(Resume {
            agent: done.agent.clone(),
            lane: done.lane.clone(),
            workstation: Some(done.workstation.clone()),
            commit: None,
            scoped: false,
        }),
        _ => None,
    };
    // Its stages begin again.
    let next = TaskState {
        epoch: state.epoch,
        standing: Standing::Todo { resume },
        stages: None,
        waivers: Vec::new(),
    };
    Ok(Change::state(
        id,
        next,
        vec![event_record("reopen", reason)],
    ))
}

pub(super) fn give_back(
    ctx: Context<'_>,
    id: &TaskId,
    reason: &str,
    saved: Option<ObjectId>,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    ctx.allow(id, state, Event::Return)?;
    if let Standing::InReview {
        landing: Some(_), ..
    } = &state.standing
    {
        let unmet = Unmet::conflict("merge-slot", format!("a merge of `{id}` is under way"));
        return Err(ctx.refuse(id, unmet));
    }
    let claim = ctx.hold(id, state)?;
    if reason.trim().is_empty() {
        return Err(ctx.refuse(id, Unmet::rule("reason-owed", "a return owes a reason")));
    }
    let kept = saved.or(match &state.standing {
        Standing::InReview { submission, .. } => Some(submission.commit),
        Standing::Blocked { block, .. } => block.commit,
        _ => None,
    });
    Ok(Change::state(
        id,
        given_back(state, claim, kept),
        vec![event_record("return", reason)],
    ))
}
