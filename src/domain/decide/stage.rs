//! `stage`: moving a task along its contract, and stopping it there (S2, S5, S9).
//!
//! Stages before the claim are passed by hand, in order, each by whom its terms name. Passing one
//! again is planning again: what came after it is open once more.

use super::note::MAX_NOTE;
use super::{Change, Context};
use crate::domain::exception::Override;
use crate::domain::gates::{is_lifted, shut, stranger};
use crate::domain::id::{AgentName, TaskId, WorkstationName};
use crate::domain::identity::{AgentKind, Capability, Mode};
use crate::domain::machines::Work;
use crate::domain::progress::{Approval, GAP_PRIORITY, Gap, Passage, Progress, Proposal};
use crate::domain::record::{GapRecord, RecordBody, StageDeed, StageRecord};
use crate::domain::refusal::{Holder, Refusal, Unmet};
use crate::domain::request::StageAct;
use crate::domain::stage::{GateWord, Rank, Stage, StageContract, StageGate, StageTerms};
use crate::domain::state::{Status, TaskState};
use crate::domain::workstation::WorkstationState;

pub(super) fn stage(ctx: Context<'_>, id: &TaskId, act: &StageAct) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    if matches!(state.status(), Status::Done | Status::Cancelled) {
        let message = format!("`{id}` is {}", state.status());
        let unmet = Unmet::rule("lifecycle", message).hint(format!("`laneway show {id}`"));
        return Err(ctx.refuse(id, unmet));
    }
    match act {
        StageAct::Pass {
            stage,
            workstation,
            note,
        } => pass(ctx, id, *stage, workstation.as_ref(), note.as_deref()),
        StageAct::Approve { stage, note } => approve(ctx, id, *stage, note.as_deref()),
        StageAct::Pause { reason, proposal } => pause(ctx, id, reason, proposal.as_ref()),
        StageAct::Resume { reason, accept } => resume(ctx, id, reason.as_deref(), *accept),
    }
}

/// The terms of a stage of the task's contract.
fn terms<'a>(
    ctx: Context<'a>,
    id: &TaskId,
    stage: Stage,
) -> Result<(&'a StageContract, &'a StageTerms), Refusal> {
    let task = ctx.task(id)?;
    let Some(contract) = ctx.snapshot.plan.contract(task) else {
        let message = format!("`{id}` has no stage contract");
        let hint = "`stages` or `stages_ref` in its definition makes one";
        return Err(ctx.refuse(id, Unmet::rule("stage-unknown", message).hint(hint)));
    };
    match contract.terms(stage) {
        Some(terms) => Ok((contract, terms)),
        None => {
            let stages: Vec<&str> = contract.stages.keys().map(|stage| stage.word()).collect();
            let message = format!("the contract of `{id}` has no stage `{stage}`");
            let hint = format!("its stages: {}", stages.join(", "));
            Err(ctx.refuse(id, Unmet::rule("stage-unknown", message).hint(hint)))
        }
    }
}

fn check_note(ctx: Context<'_>, id: &TaskId, note: Option<&str>) -> Result<(), Refusal> {
    match note {
        Some(text) if text.trim().is_empty() || text.len() > MAX_NOTE => {
            let message = format!("a note has 1 to {MAX_NOTE} bytes");
            Err(ctx.refuse(id, Unmet::rule("note-size", message)))
        }
        _ => Ok(()),
    }
}

fn pass(
    ctx: Context<'_>,
    id: &TaskId,
    stage: Stage,
    workstation: Option<&WorkstationName>,
    note: Option<&str>,
) -> Result<Change, Refusal> {
    let (contract, terms) = terms(ctx, id, stage)?;
    check_note(ctx, id, note)?;
    if !stage.by_hand() {
        let message = format!("`{stage}` is passed by the verb that does it");
        let hint = format!("`laneway {} {id}`", stage.verb());
        return Err(ctx.refuse(id, Unmet::rule("stage-verb", message).hint(hint)));
    }
    let state = ctx.state(id)?;
    let before = state.progress();
    let workstation = workstation.or(match terms.workstations.as_slice() {
        [only] => Some(only),
        _ => None,
    });
    if let Some(known) = before.passage(stage)
        && known.by == *ctx.agent()
        && known.note.as_deref() == note
        && known.workstation.as_ref() == workstation
    {
        return Ok(Change::default());
    }
    if let Some(unmet) = begun(id, state) {
        return Err(ctx.refuse(id, unmet));
    }
    let mut unmet = Vec::new();
    unmet.extend(out_of_order(contract, before, stage));
    unmet.extend(paused(ctx, id, before));
    unmet.extend(wrong_agent(ctx, terms, before, stage));
    unmet.extend(own_approval(ctx, before, stage));
    unmet.extend(wrong_place(ctx, id, terms, stage, workstation)?);
    let lifted = match open(ctx, id, stage, None)? {
        Ok(lifted) => lifted,
        Err(shut) => {
            unmet.push(shut);
            None
        }
    };
    if !unmet.is_empty() {
        return Err(Refusal::new(ctx.what(Some(id)), Some(id), unmet));
    }
    let passage = Passage {
        stage,
        by: ctx.agent().clone(),
        at: ctx.request.at,
        workstation: workstation.cloned(),
        fallback: terms.rank(ctx.agent()) == Rank::Secondary,
        note: note.map(str::to_owned),
    };
    let record = StageRecord {
        stage,
        deed: StageDeed::Passed,
        workstation: passage.workstation.clone(),
        fallback: passage.fallback,
        note: passage.note.clone(),
    };
    let mut progress = before.clone();
    // What was said before it was passed, of another plan or of none, is not said of this one.
    progress.passed.retain(|known| known.stage < stage);
    progress.approved.retain(|known| known.stage < stage);
    let next = state.clone().progressed(progress.with(passage));
    let lifted = lifted.map(RecordBody::Override);
    let append = [RecordBody::Stage(record)].into_iter().chain(lifted);
    Ok(Change::state(id, next, append.collect()))
}

/// Whether the gate of a stage lets the task pass: what of it an exception lifts, or what is unmet.
pub(super) fn open(
    ctx: Context<'_>,
    id: &TaskId,
    stage: Stage,
    shown: Option<bool>,
) -> Result<Result<Option<Override>, Unmet>, Refusal> {
    let (task, now) = (ctx.task(id)?, ctx.request.at);
    let Some(unmet) = shut(ctx.snapshot, task, stage, now, shown) else {
        return Ok(Ok(None));
    };
    let mut waivers = ctx.snapshot.waivers(id, now);
    let waiver = waivers.find(|waiver| waiver.gate == unmet.gate);
    let waiver = waiver.filter(|_| is_lifted(ctx.snapshot, task, unmet.gate, now));
    Ok(match waiver {
        Some(waiver) => Ok(Some(Override {
            gate: waiver.gate.clone(),
            exception: waiver.exception,
            by: waiver.by.clone(),
            fact: unmet.message,
        })),
        None => Err(unmet),
    })
}

/// Stages by hand come before the claim: work that has begun, on whatever plan, is not planned
/// again under the hands of those who do and judge it. An expired claim may still be gone on with.
fn begun(id: &TaskId, state: &TaskState) -> Option<Unmet> {
    let claim = state.claim()?;
    if state.occupying().is_some() {
        let message = format!("{} works on `{id}` already", claim.agent);
        return Some(Unmet::conflict("task-held", message).held_by(Holder::claim(id, claim)));
    }
    let message = format!(
        "`{id}` is {}: stages are passed by hand before the claim",
        state.status()
    );
    let hint = format!("`laneway return {id} --reason …` gives it back to the queue first");
    Some(Unmet::rule("lifecycle", message).hint(hint))
}

fn out_of_order(contract: &StageContract, before: &Progress, stage: Stage) -> Option<Unmet> {
    let mut earlier = contract.stages.range(..stage).map(|(earlier, _)| *earlier);
    let owed = earlier.find(|earlier| before.passage(*earlier).is_none())?;
    let message = format!("`{stage}` comes after `{owed}`, which has not been passed");
    Some(Unmet::rule("stage-order", message))
}

fn paused(ctx: Context<'_>, id: &TaskId, before: &Progress) -> Option<Unmet> {
    let gap = before.open_gap(ctx.request.at)?;
    let message = format!("`{id}` is paused: {}", gap.reason);
    Some(Unmet::rule("stage-gap", message).hint(format!("`laneway stage {id} --resume`")))
}

/// Whether the actor may do a stage: named, or nobody is and the map knows it; and never judging
/// what it did itself.
fn wrong_agent(
    ctx: Context<'_>,
    terms: &StageTerms,
    before: &Progress,
    stage: Stage,
) -> Option<Unmet> {
    let agent = ctx.agent();
    let map = &ctx.snapshot.rules.identity;
    if terms.rank(agent) == Rank::Stranger {
        return Some(stranger(stage, terms, agent));
    }
    if !is_known(ctx, agent) {
        let message = format!("the identity map has no agent {agent}");
        return Some(Unmet::rule("agent-unknown", message));
    }
    if stage == Stage::PlanReview && !terms.names(agent) && !map.may(agent, Capability::Review) {
        let message = format!("{agent} may not {}", Capability::Review);
        let hint = "`may` in governance/identity-map.yaml";
        return Some(Unmet::rule("agent-may", message).hint(hint));
    }
    let judged = stage.judges()?;
    let own = before
        .passage(judged)
        .is_some_and(|known| known.by == *agent);
    own.then(|| {
        let message = format!("{agent} passed `{judged}` and cannot judge it");
        Unmet::rule("self-review", message)
    })
}

/// Who approved a stage leaves it to others to pass it.
fn own_approval(ctx: Context<'_>, before: &Progress, stage: Stage) -> Option<Unmet> {
    let agent = ctx.agent();
    let own = before
        .approval(stage)
        .is_some_and(|known| known.by == *agent);
    own.then(|| {
        let message = format!("{agent} approved `{stage}` and cannot pass it");
        Unmet::rule("self-review", message)
    })
}

/// Whether the map knows the agent; an open one, and one of routes alone, knows everybody.
fn is_known(ctx: Context<'_>, agent: &AgentName) -> bool {
    let map = &ctx.snapshot.rules.identity;
    map.mode == Mode::Open || map.agents.is_empty() || map.agents.contains_key(agent)
}

/// Whether a stage may be done there: in scope, registered, in service, with what is asked for.
fn wrong_place(
    ctx: Context<'_>,
    id: &TaskId,
    terms: &StageTerms,
    stage: Stage,
    workstation: Option<&WorkstationName>,
) -> Result<Option<Unmet>, Refusal> {
    let Some(name) = workstation else {
        let owed = !terms.workstations.is_empty() || !terms.capabilities.is_empty();
        return Ok(owed.then(|| {
            let named: Vec<&str> = terms.workstations.iter().map(|one| one.as_str()).collect();
            let message = format!("`{stage}` owes the workstation that it was done on");
            let hint = match named.as_slice() {
                [] => "`--workstation WS`".to_owned(),
                named => format!("`--workstation WS`, one of {}", named.join(", ")),
            };
            Unmet::rule("stage-workstation", message).hint(hint)
        }));
    };
    let work = Work::of(ctx.snapshot, ctx.task(id)?, [terms]);
    if !work.in_scope(name) {
        let message = format!("{name} is not in the scope of `{stage}`");
        return Ok(Some(Unmet::rule("stage-workstation", message)));
    }
    let Some(station) = ctx.snapshot.station(name) else {
        let message = format!("the workstation {name} is not registered");
        return Ok(Some(Unmet::rule("workstation-missing", message)));
    };
    if station.standing() != WorkstationState::Ready {
        let message = format!("{name} is {}", station.standing());
        let hint = format!("`laneway stage {id} --pause --reason …` until it is back");
        return Ok(Some(
            Unmet::rule("workstation-not-ready", message).hint(hint),
        ));
    }
    let has = |one: &&String| station.known.capabilities.contains(one);
    let lacks = terms.capabilities.iter().find(|one| !has(one));
    Ok(lacks.map(|capability| {
        let message = format!("{name} has no `{capability}`, which the contract asks for");
        Unmet::rule("stage-capability", message)
    }))
}

fn approve(
    ctx: Context<'_>,
    id: &TaskId,
    stage: Stage,
    note: Option<&str>,
) -> Result<Change, Refusal> {
    let (contract, terms) = terms(ctx, id, stage)?;
    check_note(ctx, id, note)?;
    let state = ctx.state(id)?;
    let before = state.progress();
    if before.approval(stage).is_some() {
        return Ok(Change::default());
    }
    if let Some(unmet) = too_early(id, contract, before, stage) {
        return Err(ctx.refuse(id, unmet));
    }
    let agent = ctx.agent();
    let kind = ctx
        .snapshot
        .rules
        .identity
        .agents
        .get(agent)
        .map(|known| known.kind);
    if kind == Some(AgentKind::Agent) {
        let message = format!("{agent} is no person, and only a person approves");
        return Err(ctx.refuse(id, Unmet::rule("person-owed", message)));
    }
    ctx.require(id, Capability::Review)?;
    let passage = before.passage(stage);
    if passage.is_some_and(|known| known.by == *agent) {
        let message = format!("{agent} passed `{stage}` and cannot approve it");
        return Err(ctx.refuse(id, Unmet::rule("self-review", message)));
    }
    if stage.by_hand() && passage.is_none() && terms.names(agent) {
        let message = format!("{agent} is named for `{stage}` and cannot approve it");
        return Err(ctx.refuse(id, Unmet::rule("self-review", message)));
    }
    let mut progress = before.clone();
    progress.approved.push(Approval {
        stage,
        by: agent.clone(),
        at: ctx.request.at,
    });
    let record = StageRecord {
        stage,
        deed: StageDeed::Approved,
        workstation: None,
        fallback: false,
        note: note.map(str::to_owned),
    };
    let next = state.clone().progressed(progress);
    Ok(Change::state(id, next, vec![RecordBody::Stage(record)]))
}

/// An approval is of what is there: the stages by hand before it have been passed, and so has a
/// stage by hand itself, unless its gate asks for approval before it.
fn too_early(
    id: &TaskId,
    contract: &StageContract,
    before: &Progress,
    stage: Stage,
) -> Option<Unmet> {
    let beforehand = contract
        .terms(stage)
        .is_some_and(|terms| terms.gate == Some(GateWord::Known(StageGate::Approval)));
    let mut by_hand = contract.stages.keys().filter(|known| known.by_hand());
    let owed = by_hand.find(|known| {
        let counts = **known < stage || (**known == stage && !beforehand);
        counts && before.passage(**known).is_none()
    })?;
    let message = format!("`{owed}` has not been passed, so there is no `{stage}` to approve");
    let hint = format!("`laneway stage {id} --pass {owed}`");
    Some(Unmet::rule("stage-order", message).hint(hint))
}

/// Who may stop a task: its holder, whom its contract names, who may plan.
fn may_stop(ctx: Context<'_>, id: &TaskId, state: &TaskState) -> Result<(), Refusal> {
    let agent = ctx.agent();
    let holds = state.claim().is_some_and(|claim| claim.agent == *agent);
    let contract = ctx.snapshot.plan.contract(ctx.task(id)?);
    let mut terms = contract
        .into_iter()
        .flat_map(|contract| contract.stages.values());
    if holds || terms.any(|terms| terms.names(agent)) {
        return Ok(());
    }
    ctx.require(id, Capability::Plan)
}

fn pause(
    ctx: Context<'_>,
    id: &TaskId,
    reason: &str,
    proposal: Option<&Proposal>,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    let before = state.progress();
    if let Some(gap) = before.open_gap(ctx.request.at) {
        if gap.by == *ctx.agent() && gap.reason == reason && gap.proposal.as_ref() == proposal {
            return Ok(Change::default());
        }
        let message = format!("`{id}` is paused already: {}", gap.reason);
        let hint = format!("`laneway stage {id} --resume` first");
        return Err(ctx.refuse(id, Unmet::rule("stage-gap", message).hint(hint)));
    }
    may_stop(ctx, id, state)?;
    if reason.trim().is_empty() || reason.len() > MAX_NOTE {
        let unmet = Unmet::rule(
            "reason-owed",
            format!("a pause owes a reason of 1 to {MAX_NOTE} bytes"),
        );
        return Err(ctx.refuse(id, unmet.hint("`--reason …`")));
    }
    check_proposal(ctx, id, proposal)?;
    let work = claimed(ctx, id)?;
    let gap = Gap {
        priority: GAP_PRIORITY,
        reason: reason.to_owned(),
        missing: work
            .missing(ctx.snapshot, ctx.request.at)
            .unwrap_or_default(),
        proposal: proposal.cloned(),
        by: ctx.agent().clone(),
        at: ctx.request.at,
    };
    let progress = Progress {
        gap: Some(gap.clone()),
        ..before.clone()
    };
    let record = RecordBody::Gap(GapRecord::Opened(gap));
    Ok(Change::state(
        id,
        state.clone().progressed(progress),
        vec![record],
    ))
}

/// What a claim of the task asks of a machine.
fn claimed<'a>(ctx: Context<'a>, id: &TaskId) -> Result<Work<'a>, Refusal> {
    let task = ctx.task(id)?;
    let contract = ctx.snapshot.plan.contract(task);
    let claimed = contract.into_iter().flat_map(|contract| contract.claimed());
    Ok(Work::of(
        ctx.snapshot,
        task,
        claimed.map(|(_, terms)| terms),
    ))
}

/// A proposed machine is registered and can do the work; a deferral ends later than now.
fn check_proposal(
    ctx: Context<'_>,
    id: &TaskId,
    proposal: Option<&Proposal>,
) -> Result<(), Refusal> {
    let unmet = match proposal {
        None => None,
        Some(Proposal::Until(until)) => (*until <= ctx.request.at).then(|| {
            Unmet::rule("deferral-past", format!("{until} has passed already"))
                .hint("`--defer-until TIME`, later than now")
        }),
        Some(Proposal::Workstation(name)) => {
            let known = ctx.snapshot.rules.workstations.workstations.get(name);
            match known {
                None => {
                    let message = format!("the workstation {name} is not registered");
                    Some(Unmet::rule("workstation-missing", message))
                }
                Some(_) => {
                    let unfit = claimed(ctx, id)?.unfit(ctx.snapshot, name, ctx.request.at);
                    unfit.map(|why| Unmet::rule("workstation-capability", why))
                }
            }
        }
    };
    unmet.map_or(Ok(()), |unmet| Err(ctx.refuse(id, unmet)))
}

fn resume(
    ctx: Context<'_>,
    id: &TaskId,
    reason: Option<&str>,
    accept: bool,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    check_note(ctx, id, reason)?;
    let Some(gap) = &state.progress().gap else {
        let message = format!("`{id}` is not paused");
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", message)));
    };
    // Whoever else is named in the contract stops a task, and does not overrule who stopped it.
    if gap.by != *ctx.agent() {
        ctx.require(id, Capability::Plan)?;
    }
    let mut progress = state.progress().clone();
    progress.gap = None;
    let mut admitted = None;
    if accept {
        let Some(Proposal::Workstation(name)) = &gap.proposal else {
            let message = format!("no machine was proposed for `{id}`");
            return Err(ctx.refuse(id, Unmet::rule("nothing-proposed", message)));
        };
        // Another machine is another plan.
        ctx.require(id, Capability::Plan)?;
        admitted = Some(name.clone());
        if !progress.admitted.contains(name) {
            progress.admitted.push(name.clone());
        }
    }
    let record = RecordBody::Gap(GapRecord::Closed {
        reason: reason.map(str::to_owned),
        admitted,
    });
    Ok(Change::state(
        id,
        state.clone().progressed(progress),
        vec![record],
    ))
}

/// The state once a verb has passed `stage`, where the contract has it.
pub(super) fn passed(
    ctx: Context<'_>,
    id: &TaskId,
    next: TaskState,
    stage: Stage,
    workstation: Option<&WorkstationName>,
) -> Result<TaskState, Refusal> {
    let contract = ctx.snapshot.plan.contract(ctx.task(id)?);
    let Some(terms) = contract.and_then(|contract| contract.terms(stage)) else {
        return Ok(next);
    };
    Ok(next.passing(Passage {
        stage,
        by: ctx.agent().clone(),
        at: ctx.request.at,
        workstation: workstation.cloned(),
        fallback: terms.rank(ctx.agent()) == Rank::Secondary,
        note: None,
    }))
}

/// Whoever lands a task must be whom the contract names for its stage `close`.
pub(super) fn may_close(ctx: Context<'_>, id: &TaskId) -> Result<(), Refusal> {
    let contract = ctx.snapshot.plan.contract(ctx.task(id)?);
    match contract.and_then(|contract| contract.terms(Stage::Close)) {
        Some(terms) if terms.rank(ctx.agent()) == Rank::Stranger => {
            Err(ctx.refuse(id, stranger(Stage::Close, terms, ctx.agent())))
        }
        _ => Ok(()),
    }
}
