//! One law: what a request changes, or why it is refused (DESIGN §4).
//!
//! `decide` is pure. Readiness, claim, merge, hooks and the audit all call it, so that a decision
//! can be executed again from the ledger's history and must give the same tree.
//!
//! Invariants, held by every function below:
//! - a standing changes only along the table of [`lifecycle`](super::lifecycle); an import gives
//!   new tasks their first one;
//! - an epoch grows by one with every claim and changes with nothing else;
//! - of a task in progress there is one claim, and only its holder, with its epoch, moves it on;
//! - records are appended, never changed.

mod archive;
mod attest;
mod claim;
mod close;
mod evidence;
mod except;
mod handoff;
mod hold;
mod import;
mod land;
mod note;
mod own;
mod plan;
mod proof;
mod request;
mod review;
mod scope;
mod session;
mod stage;
mod station;

#[cfg(test)]
mod tests;

use super::archive::ArchiveChange;
use super::gates::{ClaimCase, OCCUPANCY};
use super::id::{AgentName, TaskId, WorkstationName};
use super::identity::Capability;
use super::lease;
use super::lifecycle::{self, Event};
use super::marker::Marker;
use super::policy::Fencing;
use super::record::RecordBody;
use super::refusal::{Holder, Refusal, Unmet};
use super::request::{FieldEdit, NewTask, Request, Verb};
use super::snapshot::Snapshot;
use super::state::{Claim, Standing, Status, TaskState};
use super::task::Task;
use super::workstation::StationState;

/// The law this code knows; raised whenever the same input could give another tree.
pub const LAW: u32 = 1;

/// What a request changes. Empty: nothing, because it had been carried out before.
#[must_use = "a change is nothing until it is published"]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// New states, by task.
    pub states: Vec<StateChange>,
    /// Changes of the ledger's plan.
    pub plan: Vec<PlanChange>,
    /// What the ledger says of workstations from now on.
    pub stations: Vec<StationChange>,
    /// A new marker.
    pub marker: Option<Marker>,
    /// What becomes of the archive.
    pub archive: ArchiveChange,
    /// The rewritten target that is gone on with: no file changes, the history says it.
    pub accepted: Option<super::id::ObjectId>,
}

/// A new state of a task, and the records that come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// Which task.
    pub task: TaskId,
    /// Its state from now on.
    pub state: TaskState,
    /// Records to append, in order.
    pub append: Vec<RecordBody>,
}

/// A new word of the ledger on a workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationChange {
    /// Which.
    pub workstation: WorkstationName,
    /// What is said of it from now on.
    pub state: StationState,
}

/// A change of the ledger's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanChange {
    /// Definitions to append.
    Add(Vec<NewTask>),
    /// A plan file to put in as it is.
    File {
        /// Where, on the ledger branch.
        path: String,
        /// Blob id of its content.
        blob: super::id::ObjectId,
    },
    /// Fields of a definition to set or remove.
    Edit {
        /// Which task.
        task: TaskId,
        /// The fields.
        fields: Vec<FieldEdit>,
    },
}

impl Change {
    /// Whether there is nothing to publish.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
            && self.plan.is_empty()
            && self.stations.is_empty()
            && self.marker.is_none()
            && self.archive.is_empty()
            && self.accepted.is_none()
    }

    fn state(task: &TaskId, state: TaskState, append: Vec<RecordBody>) -> Self {
        let states = vec![StateChange {
            task: task.clone(),
            state,
            append,
        }];
        Self {
            states,
            ..Self::default()
        }
    }
}

/// The first change of a ledger. No rules have a say in it.
pub fn beginning(marker: &Marker) -> Change {
    Change {
        marker: Some(marker.clone()),
        ..Change::default()
    }
}

/// Judges a request against a snapshot.
///
/// # Errors
/// A [`Refusal`] that names every unmet condition.
pub fn decide(snapshot: &Snapshot, request: &Request) -> Result<Change, Refusal> {
    let ctx = Context { snapshot, request };
    ctx.fence_first()?;
    scope::first(ctx)?;
    Ok(session::settled(ctx, judged(ctx)?))
}

/// The change that the verb makes, but for sessions.
fn judged(ctx: Context<'_>) -> Result<Change, Refusal> {
    match &ctx.request.verb {
        Verb::Init(marker) => plan::init(ctx, marker),
        Verb::Add(tasks) => plan::add(ctx, tasks),
        Verb::AddFile { path, blob, tasks } => plan::add_file(ctx, path, *blob, tasks),
        Verb::Import {
            source,
            files,
            tasks,
        } => import::import(ctx, source, files, tasks),
        Verb::Edit { task, fields } => plan::edit(ctx, task, fields),
        Verb::AcceptTarget { target, reason, .. } => plan::accept_target(ctx, *target, reason),
        Verb::Workstation { name, act, reason } => station::act(ctx, name, *act, reason),
        Verb::Claim(wish) => claim::claim(ctx, wish),
        Verb::Renew { tasks } => own::renew(ctx, tasks),
        Verb::Release {
            task,
            force,
            reason,
            saved,
        } => own::release(ctx, task, *force, reason.as_deref(), *saved),
        Verb::Expire { trust_clock } => own::expire(ctx, *trust_clock),
        Verb::Block {
            task,
            reason,
            by,
            saved,
        } => own::block(ctx, task, reason, by.as_ref(), *saved),
        Verb::Hold {
            task,
            reason,
            saved,
        } => hold::hold(ctx, task, reason, *saved),
        Verb::Scope { task, act } => scope::scope(ctx, task, act),
        Verb::Session { task, act } => session::session(ctx, task, *act),
        Verb::Except { task, act } => except::except(ctx, task, act),
        Verb::Unblock { task } => own::unblock(ctx, task),
        Verb::Cancel {
            task,
            reason,
            dependents,
        } => close::cancel(ctx, task, reason, *dependents),
        Verb::Archive(closed) => archive::put(ctx, closed),
        Verb::Restore(recalled) => archive::restore(ctx, recalled),
        Verb::Reopen { task, reason } => close::reopen(ctx, task, reason),
        Verb::Return {
            task,
            reason,
            saved,
        } => close::give_back(ctx, task, reason, *saved),
        Verb::Note {
            task,
            text,
            resolution,
        } => note::note(ctx, task, text, *resolution),
        Verb::Evidence { task, evidence } => evidence::evidence(ctx, task, evidence),
        Verb::Attest { task, attest } => attest::attest(ctx, task, attest),
        Verb::Stage { task, act } => stage::stage(ctx, task, act),
        Verb::Handoff { task, handoff } => handoff::handoff(ctx, task, handoff),
        Verb::Review { task, review } => review::review(ctx, task, review),
        Verb::Request {
            task,
            contract,
            text,
        } => request::raise(ctx, task, contract, text),
        Verb::Decide { task, decision } => request::decide(ctx, task, decision),
        Verb::Landing {
            task,
            onto,
            result,
            until,
            evidence,
        } => land::landing(ctx, task, (*onto, *result), *until, evidence.as_ref()),
        Verb::DropLanding { task, reason } => land::drop_landing(ctx, task, reason),
        Verb::Land {
            task,
            onto,
            result,
            evidence,
        } => land::land(ctx, task, *onto, *result, evidence.as_ref()),
        Verb::Conflict { task, onto } => land::conflict(ctx, task, *onto),
        Verb::Unland { task, reason } => land::unland(ctx, task, reason),
        Verb::Complete {
            task,
            commit,
            on_my_word,
        } => land::complete(ctx, task, *commit, *on_my_word),
    }
}

/// A snapshot and the request that is judged against it.
#[derive(Clone, Copy)]
struct Context<'a> {
    snapshot: &'a Snapshot,
    request: &'a Request,
}

impl<'a> Context<'a> {
    /// `cannot claim A-1`: the head of a refusal.
    fn what(self, task: Option<&TaskId>) -> String {
        let verb = self.request.verb.intent();
        task.map_or_else(
            || format!("cannot {verb}"),
            |id| format!("cannot {verb} {id}"),
        )
    }

    fn refuse(self, task: &TaskId, unmet: Unmet) -> Refusal {
        Refusal::one(self.what(Some(task)), Some(task), unmet)
    }

    fn agent(self) -> &'a AgentName {
        &self.request.actor.agent
    }

    /// The definition of `id`.
    fn task(self, id: &TaskId) -> Result<&'a Task, Refusal> {
        self.snapshot.plan.get(id).ok_or_else(|| {
            if self.snapshot.states.is_archived(id) {
                let unmet = Unmet::rule("task-archived", format!("`{id}` is archived"));
                let unmet = unmet.hint(format!("`laneway archive --restore {id}` gives it back"));
                return self.refuse(id, unmet);
            }
            let message = format!("no plan file defines `{id}`");
            self.refuse(
                id,
                Unmet::rule("task-unknown", message).hint("`laneway list` shows all tasks"),
            )
        })
    }

    /// The state of `id`, which must be defined.
    fn state(self, id: &TaskId) -> Result<&'a TaskState, Refusal> {
        self.task(id)?;
        Ok(self.snapshot.states.get(id))
    }

    /// Whether the table allows `event` in the task's status.
    fn allow(self, id: &TaskId, state: &TaskState, event: Event) -> Result<Status, Refusal> {
        let status = state.status();
        lifecycle::next(status, event).ok_or_else(|| {
            let message = format!("`{id}` is {status}");
            let unmet = Unmet::rule("lifecycle", message).hint(format!("`laneway show {id}`"));
            self.refuse(id, unmet)
        })
    }

    /// The actor must have `capability`.
    fn require(self, task: &TaskId, capability: Capability) -> Result<(), Refusal> {
        if self.snapshot.rules.identity.may(self.agent(), capability) {
            return Ok(());
        }
        let message = format!("{} may not {capability}", self.agent());
        Err(self.refuse(
            task,
            Unmet::rule("agent-may", message).hint("`may` in governance/identity-map.yaml"),
        ))
    }

    /// A stale epoch refuses whatever the task has become since, before any other reason (P10).
    /// Claims need none, plans have none, and renewals show one per task.
    fn fence_first(self) -> Result<(), Refusal> {
        let verb = &self.request.verb;
        let unfenced = matches!(
            verb,
            Verb::Claim(_)
                | Verb::Add(_)
                | Verb::Edit { .. }
                | Verb::Renew { .. }
                | Verb::Archive(_)
                | Verb::Restore(_)
        );
        match verb.task().filter(|_| !unfenced) {
            Some(id) if self.request.actor.epoch.is_some() => self.fence(id, self.state(id)?),
            _ => Ok(()),
        }
    }

    /// The epoch that the actor shows must be the one in force (X1).
    fn fence(self, id: &TaskId, state: &TaskState) -> Result<(), Refusal> {
        let strict = self.snapshot.rules.policy.fencing == Fencing::Strict;
        let unmet = match self.request.actor.epoch {
            Some(epoch) if epoch == state.epoch => return Ok(()),
            None if !strict => return Ok(()),
            None => Unmet::rule("fencing", "policy asks for the epoch of the claim")
                .hint("run it in the lane's worktree, or give `--epoch`"),
            Some(epoch) => {
                let message = format!(
                    "fenced: the claim of epoch {epoch} is over, epoch {} is in force",
                    state.epoch
                );
                let holder = state
                    .claim()
                    .map_or_else(|| Holder::task(id), |c| Holder::claim(id, c));
                Unmet::conflict("fenced", message).held_by(holder)
            }
        };
        Err(Refusal {
            epoch: Some(state.epoch),
            ..self.refuse(id, unmet)
        })
    }

    /// The actor must hold the task: its agent, its epoch. The lease may have ended, as long as
    /// nobody took the task over; see [`keep`](Self::keep).
    fn hold(self, id: &TaskId, state: &'a TaskState) -> Result<&'a Claim, Refusal> {
        self.fence(id, state)?;
        let Some(claim) = state.claim() else {
            let message = format!("`{id}` is {} and nobody holds it", state.status());
            let unmet = Unmet::rule("not-holder", message).hint(format!("`laneway claim {id}`"));
            return Err(self.refuse(id, unmet));
        };
        if claim.agent != *self.agent() {
            let message = format!("`{id}` is held by {}, not by {}", claim.agent, self.agent());
            let unmet = Unmet::rule("not-holder", message).held_by(Holder::claim(id, claim));
            return Err(self.refuse(id, unmet));
        }
        Ok(claim)
    }

    /// The actor must hold the task and may go on with it: an expired claim holds no lane, group
    /// or path, so its late holder goes on only while they are still free. That lane and groups are
    /// free is asked of a holder in time, too: its clock may be slow, and whoever took them went
    /// by another (P11).
    fn keep(self, id: &TaskId, state: &'a TaskState) -> Result<&'a Claim, Refusal> {
        let claim = self.hold(id, state)?;
        let late = lease::expired(claim, self.snapshot.rules.policy.lease, self.request.at);
        let mut taken = match state.occupying() {
            Some(claim) => self.taken(id, claim)?,
            None => Vec::new(),
        };
        taken.retain(|unmet| late || matches!(unmet.gate, "lane-busy" | "exclusive-group"));
        if taken.is_empty() {
            Ok(claim)
        } else {
            Err(Refusal::new(self.what(Some(id)), Some(id), taken))
        }
    }

    /// What others in progress hold of that which `claim` would occupy: its lane, groups, paths.
    fn taken(self, id: &TaskId, claim: &Claim) -> Result<Vec<Unmet>, Refusal> {
        let case = ClaimCase {
            lane: Some(&claim.lane),
            ..ClaimCase::open(self.snapshot, self.task(id)?, self.request.at)
        };
        let unmet = OCCUPANCY.iter().flat_map(|gate| (gate.check)(&case));
        Ok(unmet.filter(|unmet| !unmet.warning).collect())
    }

    /// The claim in progress after a verb of its holder that only adds a record: extended once
    /// half of its time has passed, unless others took what it held.
    fn touched(self, id: &TaskId, claim: &Claim) -> Result<Claim, Refusal> {
        let terms = self.snapshot.rules.policy.lease;
        let due = lease::renewal_due(claim, terms, self.request.at);
        if due && self.taken(id, claim)?.is_empty() {
            return Ok(self.renewed(claim));
        }
        Ok(claim.clone())
    }

    /// The claim with a full lease from now. A lease never gets shorter.
    fn renewed(self, claim: &Claim) -> Claim {
        let expiry = lease::expiry(self.snapshot.rules.policy.lease, self.request.at);
        Claim {
            expires_at: expiry.max(claim.expires_at),
            ..claim.clone()
        }
    }

    /// The claim given back: in progress where its lane, groups and paths are free, else to the
    /// queue with `resume`. The scope of the task, if it asks for that, was confirmed.
    fn back_to_work(
        self,
        id: &TaskId,
        state: &TaskState,
        claim: &Claim,
        commit: Option<super::id::ObjectId>,
        events: (Event, Event),
    ) -> Result<TaskState, Refusal> {
        let busy = !self.taken(id, claim)?.is_empty();
        let event = if busy { events.1 } else { events.0 };
        self.allow(id, state, event)?;
        let standing = if busy {
            let resume = super::state::Resume {
                agent: claim.agent.clone(),
                lane: claim.lane.clone(),
                workstation: Some(claim.workstation.clone()),
                commit,
                scoped: scope::had_the_go(self, id, &claim.agent),
            };
            Standing::Todo {
                resume: Some(resume),
            }
        } else {
            Standing::InProgress(self.renewed(claim))
        };
        Ok(state.with(standing))
    }
}

fn event_record(event: &str, reason: impl Into<String>) -> RecordBody {
    RecordBody::Event {
        event: event.to_owned(),
        reason: reason.into(),
    }
}
