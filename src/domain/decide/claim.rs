//! `claim`: exactly one executor gets a task, with a new epoch.

use std::collections::BTreeMap;

use super::{Change, Context, StationChange, event_record};
use crate::domain::gates::{ClaimCase, UNPROBED, choose_lane, propose, unprobed};
use crate::domain::id::{AgentName, RequestId, TaskId, WorkstationName};
use crate::domain::lease;
use crate::domain::lifecycle::Event;
use crate::domain::progress::Progress;
use crate::domain::ready::{self, Filter};
use crate::domain::record::{PassedOver, ProbeSeen, RecordBody, Routing};
use crate::domain::refusal::{Refusal, RefusalKind, Unmet};
use crate::domain::request::ClaimWish;
use crate::domain::routing;
use crate::domain::session::Session;
use crate::domain::stage::{Rank, Stage};
use crate::domain::state::{Claim, Standing, TaskState};
use crate::domain::task::Task;
use crate::domain::workstation::{StationState, Use, WorkstationLifecycle};

pub(super) fn claim(ctx: Context<'_>, wish: &ClaimWish) -> Result<Change, Refusal> {
    if had_already(ctx, wish)? {
        return Ok(Change::default());
    }
    match &wish.task {
        Some(id) => claim_this(ctx, wish, ctx.task(id)?),
        None => claim_next(ctx, wish),
    }
}

/// Whether this very request was carried out before. An id that stands for another agent's claim
/// is refused: one id is one request.
fn had_already(ctx: Context<'_>, wish: &ClaimWish) -> Result<bool, Refusal> {
    let states = &ctx.snapshot.states;
    let found = match &wish.task {
        Some(task) => claimed_by(states.get(task), &ctx.request.id).map(|by| (task, by)),
        None => states.iter().find_map(|(task, state)| {
            let by = claimed_by(state, &ctx.request.id)?;
            Some((task, by))
        }),
    };
    match found {
        None => Ok(false),
        Some((_, by)) if by == ctx.agent() => Ok(true),
        Some((task, by)) => {
            let message = format!(
                "the request id {} stands for the claim of `{task}` by {by}",
                ctx.request.id
            );
            let unmet = Unmet::rule("request-id", message).hint("a new request has a new id");
            Err(ctx.refuse(task, unmet))
        }
    }
}

/// Who claimed the task by the request `id`, if that is how it is or was last held.
fn claimed_by<'a>(state: &'a TaskState, id: &RequestId) -> Option<&'a AgentName> {
    match &state.standing {
        Standing::Done(done) => (done.claim == *id).then_some(&done.agent),
        _ => state
            .claim()
            .filter(|claim| claim.id == *id)
            .map(|claim| &claim.agent),
    }
}

fn claim_next(ctx: Context<'_>, wish: &ClaimWish) -> Result<Change, Refusal> {
    known_role(ctx, wish)?;
    lease_begins(ctx, wish, None)?;
    let filter = Filter {
        role: wish.role.as_ref(),
        lane: wish.lane.as_ref(),
        asker: None,
    };
    let mut reasons: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut machine = None;
    for task in ready::queue(ctx.snapshot, filter, ctx.request.at) {
        let case = case(ctx, wish, task);
        let gate = match case.held_back_by() {
            // Only where nobody has looked, and nothing else stands against it, it is told in words.
            Some(gate) if !(gate.page.covers(UNPROBED) && unprobed(&case)) => {
                // One machine is named: a reader cannot guess it from a count.
                if machine.is_none() && gate.page.id.starts_with("workstation") {
                    machine = (gate.check)(&case).into_iter().next();
                }
                gate.page.id
            }
            _ => match claim_this(ctx, wish, task) {
                Ok(change) => return Ok(change),
                // It comes first, and nobody has looked: whoever claims looks, then asks again.
                Err(refusal) if refusal.gate() == UNPROBED => return Err(refusal),
                Err(refusal) => refusal.gate(),
            },
        };
        *reasons.entry(gate).or_default() += 1;
    }
    Err(nothing_ready(ctx, wish, &reasons, machine))
}

/// A role that policy does not know has no work: whoever asks for it mistyped.
fn known_role(ctx: Context<'_>, wish: &ClaimWish) -> Result<(), Refusal> {
    let roles = &ctx.snapshot.rules.policy.roles;
    let asked = wish.role.as_ref().or(wish.lane.as_ref().map(|l| &l.role));
    let Some(role) = asked.filter(|role| !roles.contains_key(*role)) else {
        return Ok(());
    };
    let known: Vec<&str> = roles.keys().map(|role| role.as_str()).collect();
    let message = format!("the role `{role}` is not in policy");
    let unmet = Unmet::rule("role-unknown", message).hint(format!("roles: {}", known.join(", ")));
    Err(Refusal::one(ctx.what(None), None, unmet))
}

/// The case of the wish about a task, at the workstation that it gets.
fn case<'a>(ctx: Context<'a>, wish: &'a ClaimWish, task: &'a Task) -> ClaimCase<'a> {
    let case = ClaimCase {
        agent: Some(ctx.agent()),
        lane: wish.lane.as_ref(),
        host: Some(&ctx.request.actor.host),
        readiness: Some(&wish.readiness),
        remote: wish.remote.as_deref(),
        ..ClaimCase::open(ctx.snapshot, task, ctx.request.at)
    };
    ClaimCase {
        workstation: routing::choose(&case, wish.workstation.as_ref()),
        ..case
    }
}

fn nothing_ready(
    ctx: Context<'_>,
    wish: &ClaimWish,
    reasons: &BTreeMap<&'static str, usize>,
    machine: Option<Unmet>,
) -> Refusal {
    let (of, flag) = match (&wish.lane, &wish.role) {
        (Some(lane), _) => (format!(" for lane {lane}"), format!(" --lane {lane}")),
        (None, Some(role)) => (format!(" for {role}"), format!(" --role {role}")),
        (None, None) => (String::new(), String::new()),
    };
    let open: usize = reasons.values().sum();
    let why: Vec<String> = reasons
        .iter()
        .map(|(gate, n)| format!("{n} by {gate}"))
        .collect();
    let message = if open == 0 {
        format!("nothing is ready{of}: no open task")
    } else {
        format!(
            "nothing is ready{of}: {open} open, held back {}",
            why.join(", ")
        )
    };
    let explain = format!("`laneway ready{flag} --explain`");
    let unmet = match machine {
        None => Unmet::rule("nothing-ready", message).hint(explain),
        Some(machine) => {
            let hint = machine.hint.unwrap_or(explain);
            Unmet {
                workstation: machine.workstation,
                ..Unmet::rule("nothing-ready", format!("{message}; {}", machine.message)).hint(hint)
            }
        }
    };
    let unmet = Unmet {
        kind: RefusalKind::Nothing,
        ..unmet
    };
    Refusal::one(ctx.what(None), None, unmet)
}

fn claim_this(ctx: Context<'_>, wish: &ClaimWish, task: &Task) -> Result<Change, Refusal> {
    if let Some(role) = wish.role.as_ref().filter(|role| **role != task.role) {
        let message = format!("`{}` is work of {}, not of {role}", task.id, task.role);
        return Err(ctx.refuse(&task.id, Unmet::rule("role-wrong", message)));
    }
    let case = case(ctx, wish, task);
    let mut unmet = case.unmet();
    unmet.retain(|unmet| !unmet.warning);
    if unmet.iter().any(|unmet| unmet.gate != UNPROBED) {
        // What probes would say changes nothing then.
        unmet.retain(|unmet| unmet.gate != UNPROBED);
    }
    if !unmet.is_empty() {
        propose(&case, &mut unmet);
        return Err(Refusal::new(
            ctx.what(Some(&task.id)),
            Some(&task.id),
            unmet,
        ));
    }
    lease_begins(ctx, wish, Some(&task.id))?;
    let state = ctx.snapshot.states.get(&task.id);
    let unscoped = super::scope::owed(ctx, task, state);
    let mut append = overtake(ctx, wish, &task.id, state, unscoped)?;
    let lifted = case.overrides();
    append.extend(lifted.into_iter().map(RecordBody::Override));
    let state = owned(ctx, &case, state, unscoped)?;
    let state = begun(ctx, &task.id, state, case.workstation, &mut append)?;
    append.extend(routing_record(wish, &case));
    let used = case.workstation.cloned();
    let used = used.and_then(|name| used_up(ctx, &task.id, name, &state));
    Ok(Change {
        stations: used.into_iter().collect(),
        ..Change::state(&task.id, state, append)
    })
}

/// The claim of a single-use workstation is its one use (I11).
fn used_up(
    ctx: Context<'_>,
    task: &TaskId,
    workstation: WorkstationName,
    state: &TaskState,
) -> Option<StationChange> {
    let station = ctx.snapshot.station(&workstation)?;
    if station.known.lifecycle != WorkstationLifecycle::SingleUse {
        return None;
    }
    let used = Use {
        version: station.known.version,
        task: task.clone(),
        epoch: state.epoch,
        at: ctx.request.at,
    };
    let hold = station.hold().cloned();
    Some(StationChange {
        workstation,
        state: StationState {
            hold,
            used: Some(used),
        },
    })
}

/// The state with the stage of claiming passed. A deferral that has passed is over; who stands in
/// is told.
fn begun(
    ctx: Context<'_>,
    id: &TaskId,
    state: TaskState,
    workstation: Option<&WorkstationName>,
    append: &mut Vec<RecordBody>,
) -> Result<TaskState, Refusal> {
    let progress = Progress {
        gap: None,
        ..state.progress().clone()
    };
    let state = state.progressed(progress);
    let contract = ctx.snapshot.plan.contract(ctx.task(id)?);
    for (stage, terms) in contract.into_iter().flat_map(|contract| contract.claimed()) {
        if terms.rank(ctx.agent()) == Rank::Secondary {
            let named = terms
                .agent
                .as_ref()
                .map_or("nobody", |agent| agent.as_str());
            let reason = format!("{} stands in for {named} at `{stage}`", ctx.agent());
            append.push(event_record("fallback", reason));
        }
    }
    super::stage::passed(ctx, id, state, Stage::Claim, workstation)
}

/// The lifecycle steps before the claim itself, and the record that a take-over leaves.
fn overtake(
    ctx: Context<'_>,
    wish: &ClaimWish,
    id: &TaskId,
    state: &TaskState,
    unscoped: bool,
) -> Result<Vec<RecordBody>, Refusal> {
    match &state.standing {
        Standing::AwaitingScope(old) | Standing::InProgress(old) => {
            let event = match &state.standing {
                Standing::InProgress(_) if unscoped => Event::TakeOverUnscoped,
                _ => Event::TakeOver,
            };
            ctx.allow(id, state, event)?;
            check_clock(ctx, wish.trust_clock, id)?;
            let reason = format!(
                "epoch {} of {} on {} in lane {} expired at {}",
                state.epoch, old.agent, old.workstation, old.lane, old.expires_at
            );
            Ok(vec![event_record("take_over", reason)])
        }
        Standing::Blocked { .. } | Standing::Withheld(_) => {
            ctx.allow(id, state, Event::UnblockLater)?;
            Ok(vec![event_record(
                "unblock",
                "the blocking task has landed",
            )])
        }
        _ => {
            let event = if unscoped {
                Event::ClaimUnscoped
            } else {
                Event::Claim
            };
            ctx.allow(id, state, event).map(|_| Vec::new())
        }
    }
}

/// A lease is not over, by what the ledger has shown, before it begins: anybody could take over
/// what its holder has just been given.
fn lease_begins(ctx: Context<'_>, wish: &ClaimWish, id: Option<&TaskId>) -> Result<(), Refusal> {
    let terms = ctx.snapshot.rules.policy.lease;
    let (now, tip) = (ctx.request.at, ctx.snapshot.tip_time);
    let end = lease::expiry(terms, now);
    if wish.trust_clock || tip <= end.plus(terms.skew) {
        return Ok(());
    }
    let message = format!(
        "this clock shows {now}: the lease would end at {end}, before the ledger's last moment {tip}: \
         it is wrong, or that of whoever made the last commit"
    );
    let unmet = Unmet::rule("clock", message).hint(SET_CLOCK);
    Err(Refusal::one(ctx.what(id), id, unmet))
}

const SET_CLOCK: &str = "set the clock, or say `--trust-clock` if a person knows that it is right";

/// Expiry is judged only by a clock that does not contradict the ledger (PROMISES P11).
pub(super) fn check_clock(ctx: Context<'_>, trusted: bool, id: &TaskId) -> Result<(), Refusal> {
    let terms = ctx.snapshot.rules.policy.lease;
    let (now, tip) = (ctx.request.at, ctx.snapshot.tip_time);
    let jump = ctx.request.actor.clock_jump.unwrap_or(0);
    let message = if trusted {
        return Ok(());
    } else if !lease::clock_plausible(terms, now, tip) {
        format!("this clock shows {now}, before the ledger's last moment {tip}")
    } else if jump.unsigned_abs() > u64::from(terms.skew.seconds()) {
        format!("this clock shows {now}, and has jumped by {jump} s against the time since boot")
    } else {
        return Ok(());
    };
    Err(ctx.refuse(id, Unmet::rule("clock", message).hint(SET_CLOCK)))
}

/// Most rejected workstations that a record names.
const MAX_REJECTED: usize = 16;

/// What the choice of the workstation went by, in the commit of the claim (I1, S10). Where the map
/// does not route and nothing was observed there is nothing to say.
fn routing_record(wish: &ClaimWish, case: &ClaimCase<'_>) -> Option<RecordBody> {
    let told = routing::decision(case, wish.workstation.as_ref());
    let workstation = told.workstation()?;
    let seen = wish.readiness.iter().rev();
    let seen = seen.filter(|seen| seen.workstation == *workstation);
    let observed = !wish.readiness.is_empty() || !wish.quota.is_empty() || wish.remote.is_some();
    let progress = case.snapshot.states.get(&case.task.id).progress();
    if !told.routed() && !observed && !progress.admitted.contains(workstation) {
        return None;
    }
    let rejected = told.rejected().map(|(workstation, reason)| PassedOver {
        workstation: workstation.clone(),
        reason,
    });
    let probes = seen.take(1).flat_map(|seen| &seen.probes);
    Some(RecordBody::Routing(Routing {
        strategy: told.strategy,
        workstation: workstation.clone(),
        why: told.why.clone(),
        rejected: rejected.take(MAX_REJECTED).collect(),
        readiness: probes
            .map(|probe| ProbeSeen {
                name: probe.name.clone(),
                ready: probe.ready,
                detail: probe.detail.clone(),
            })
            .collect(),
        quota: wish.quota.clone(),
        remote: wish.remote.clone(),
    }))
}

fn owned(
    ctx: Context<'_>,
    case: &ClaimCase<'_>,
    state: &TaskState,
    unscoped: bool,
) -> Result<TaskState, Refusal> {
    let (rules, id) = (&ctx.snapshot.rules, &case.task.id);
    let missing = |gate, what: &str| ctx.refuse(id, Unmet::rule(gate, what.to_owned()));
    let lane = choose_lane(case).ok_or_else(|| missing("lane-wrong", "no lane is free"))?;
    let workstation = case.workstation.cloned();
    let workstation = workstation.ok_or_else(|| {
        missing(
            "workstation-missing",
            "no workstation is named or the default",
        )
    })?;
    let branch = rules
        .policy
        .worktrees
        .branch_of(&rules.policy.project, &lane)
        .map_err(|error| {
            let what = format!("policy gives the lane no legal branch: {error}");
            missing("lane-wrong", &what)
        })?;
    let saved = match &state.standing {
        Standing::Todo { resume } => resume.as_ref().and_then(|resume| resume.commit),
        Standing::Blocked { block, .. } => block.commit,
        _ => None,
    };
    let claim = Claim {
        agent: ctx.agent().clone(),
        workstation,
        lane,
        branch,
        claimed_at: ctx.request.at,
        expires_at: lease::expiry(rules.policy.lease, ctx.request.at),
        base: saved.unwrap_or(rules.at),
        id: ctx.request.id.clone(),
        session: Session::Since(ctx.request.at),
    };
    let epoch = state.epoch.next();
    if epoch == state.epoch {
        let message = format!("epoch {epoch} is the last one there is");
        return Err(ctx.refuse(id, Unmet::rule("epoch-exhausted", message)));
    }
    let standing = if unscoped {
        Standing::AwaitingScope(claim)
    } else {
        Standing::InProgress(claim)
    };
    Ok(TaskState {
        epoch,
        ..state.with(standing)
    })
}
