//! `ready`, `list`, `show`, `status`: reading the queue. Nothing here uses the network or runs
//! anything.

use std::collections::BTreeMap;

use super::OpError;
use super::late::{LateReview, late_review};
use super::site::Site;
use crate::audit::{Authorship, authorship};
use crate::domain::archive::{Period, closed_at};
use crate::domain::doubts::{self, Doubt};
use crate::domain::exception::Waiver;
use crate::domain::id::{AgentName, LaneName, ObjectId, RoleName, TaskId};
use crate::domain::identity::Mode;
use crate::domain::lease;
use crate::domain::matrix;
use crate::domain::progress::Gap;
use crate::domain::ready::{self, Asker, Filter};
use crate::domain::record::Record;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Origin, Snapshot};
use crate::domain::state::{Claim, Standing, Status, TaskState};
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::ledger::Loader;

/// Reads the ledger as this repository knows it.
///
/// # Errors
/// When rules, plan or state do not read.
pub fn snapshot(site: &Site) -> Result<Snapshot, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    Ok(loader.snapshot(site.ledger.tip()?, site.ledger.target()?, None)?)
}

/// A task with its state.
#[derive(Debug, Clone)]
pub struct Row {
    /// The definition.
    pub task: Task,
    /// The state.
    pub state: TaskState,
    /// Whether it waits too long for a verdict; looked for by `list` and `show`.
    pub late: Option<LateReview>,
}

impl Row {
    pub(super) fn of(snapshot: &Snapshot, task: &Task) -> Self {
        Self {
            task: task.clone(),
            state: snapshot.states.get(&task.id).clone(),
            late: None,
        }
    }

    fn reviewed(site: &Site, snapshot: &Snapshot, task: &Task) -> Result<Self, OpError> {
        Ok(Self {
            late: late_review(site, snapshot, &task.id)?,
            ..Self::of(snapshot, task)
        })
    }

    /// Who holds it, or has done it.
    #[must_use]
    pub fn agent(&self) -> Option<&AgentName> {
        agent_of(&self.state)
    }
}

fn agent_of(state: &TaskState) -> Option<&AgentName> {
    match &state.standing {
        Standing::Done(done) => Some(&done.agent),
        _ => state.claim().map(|claim| &claim.agent),
    }
}

/// What `ready` is asked.
#[derive(Debug, Clone, Default)]
pub struct ReadyOptions {
    /// Work of this role.
    pub role: Option<RoleName>,
    /// Work that this lane could take.
    pub lane: Option<LaneName>,
    /// Say of everything else why not.
    pub explain: bool,
    /// Most tasks to give.
    pub limit: Option<usize>,
}

/// What can start, in order.
#[derive(Debug, Clone)]
pub struct ReadyOutcome {
    /// Ready tasks, first come first.
    pub ready: Vec<Row>,
    /// Whether there are more than the limit.
    pub more: bool,
    /// The agent that was judged for; none in an open map, or where nobody acts.
    pub agent: Option<AgentName>,
    /// The other open tasks, each with what stands against it; empty unless asked for.
    pub waiting: Vec<(Row, Vec<Unmet>)>,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

impl ReadyOutcome {
    /// How many tasks wait, by what holds each back first, most first.
    #[must_use]
    pub fn held_back(&self) -> Vec<(&'static str, usize)> {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for (_, unmet) in &self.waiting {
            let first = unmet.iter().find(|unmet| !unmet.warning);
            *counts
                .entry(first.map_or("", |unmet| unmet.gate))
                .or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(gate, count)| (std::cmp::Reverse(*count), *gate));
        counts
    }
}

/// Says what can start, in which order, and why the rest cannot (P14, P20, P21).
///
/// # Errors
/// When the ledger does not read, or the role or lane is not in policy.
pub fn ready(site: &Site, options: &ReadyOptions) -> Result<ReadyOutcome, OpError> {
    let snapshot = snapshot(site)?;
    known_role(
        &snapshot,
        options
            .role
            .as_ref()
            .or(options.lane.as_ref().map(|lane| &lane.role)),
    )?;
    let agent = match snapshot.rules.identity.mode {
        Mode::Enforced => acting(site)?,
        Mode::Open => None,
    };
    let filter = Filter {
        role: options.role.as_ref(),
        lane: options.lane.as_ref(),
        asker: agent.as_ref().map(|agent| Asker {
            agent,
            host: &site.env.host,
        }),
    };
    let now = site.env.now();
    let mut ready = ready::ready(&snapshot, filter, now);
    let limit = options.limit.unwrap_or(usize::MAX);
    let rows = ready
        .by_ref()
        .take(limit)
        .map(|task| Row::of(&snapshot, task))
        .collect();
    let more = ready.next().is_some();
    drop(ready);
    let waiting = if options.explain {
        ready::waiting(&snapshot, filter, now)
            .into_iter()
            .map(|waiting| (Row::of(&snapshot, waiting.task), waiting.unmet))
            .collect()
    } else {
        Vec::new()
    };
    Ok(ReadyOutcome {
        ready: rows,
        more,
        agent,
        waiting,
        tip: snapshot.tip,
    })
}

/// Who acts, if anybody does: reading asks for no identity.
pub(super) fn acting(site: &Site) -> Result<Option<AgentName>, OpError> {
    match site.agent() {
        Ok(agent) => Ok(Some(agent)),
        Err(OpError::NoIdentity) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A role that policy does not know is a mistake of the caller, not an empty answer.
pub(super) fn known_role(snapshot: &Snapshot, role: Option<&RoleName>) -> Result<(), OpError> {
    let roles = &snapshot.rules.policy.roles;
    match role {
        Some(role) if !roles.contains_key(role) => {
            let known: Vec<&str> = roles.keys().map(RoleName::as_str).collect();
            let message = format!(
                "the role `{role}` is not in policy; roles: {}",
                known.join(", ")
            );
            Err(OpError::Usage(message))
        }
        _ => Ok(()),
    }
}

/// Which tasks `list` gives; empty lists filter nothing.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// In one of these states.
    pub statuses: Vec<Status>,
    /// Of one of these roles.
    pub roles: Vec<RoleName>,
    /// Held, or done, by this agent.
    pub agent: Option<AgentName>,
    /// Those in the archive, in place of those of the plan.
    pub archived: bool,
    /// Most tasks to give.
    pub limit: Option<usize>,
}

/// The tasks of the queue.
#[derive(Debug, Clone)]
pub struct ListOutcome {
    /// Them, in the order of id.
    pub rows: Vec<Row>,
    /// Number before the limit.
    pub total: usize,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// Lists tasks.
///
/// # Errors
/// When the ledger does not read, or a role is not in policy.
pub fn list(site: &Site, options: &ListOptions) -> Result<ListOutcome, OpError> {
    let snapshot = snapshot(site)?;
    let archived = match snapshot.tip.filter(|_| options.archived) {
        Some(tip) => Loader::cached(site.repo(), &site.env).all_archived(tip)?,
        None => Vec::new(),
    };
    for role in &options.roles {
        known_role(&snapshot, Some(role))?;
    }
    let of_agent = |state: &TaskState| match &options.agent {
        None => true,
        Some(agent) => agent_of(state) == Some(agent),
    };
    let all: Vec<&Task> = match options.archived {
        true => archived
            .iter()
            .map(|archived| &archived.definition)
            .collect(),
        false => snapshot.plan.iter().collect(),
    };
    let wanted: Vec<&Task> = all
        .into_iter()
        .filter(|task| options.roles.is_empty() || options.roles.contains(&task.role))
        .filter(|task| {
            let state = snapshot.states.get(&task.id);
            let fits = options.statuses.is_empty() || options.statuses.contains(&state.status());
            fits && of_agent(state)
        })
        .collect();
    let total = wanted.len();
    let limit = options.limit.unwrap_or(usize::MAX);
    let rows = wanted
        .into_iter()
        .take(limit)
        .map(|task| Row::reviewed(site, &snapshot, task))
        .collect::<Result<_, _>>()?;
    Ok(ListOutcome {
        rows,
        total,
        tip: snapshot.tip,
    })
}

/// Everything about one task.
#[derive(Debug, Clone)]
pub struct ShowOutcome {
    /// Definition and state.
    pub row: Row,
    /// On which branch it is planned.
    pub origin: Origin,
    /// The period of the archive that holds it.
    pub archived: Option<Period>,
    /// Its records, oldest first.
    pub records: Vec<Record>,
    /// Which ledger commits wrote them, and what shows who made those (X8).
    pub authorship: Authorship,
    /// What was worked on it.
    pub sessions: Vec<super::session::Worked>,
    /// Whether its work is on the target.
    pub landed: bool,
    /// What stands against a claim now; empty when it is ready, or when it is closed.
    pub unmet: Vec<Unmet>,
    /// What of its evidence a reader should not believe without looking.
    pub doubts: Vec<Doubt>,
    /// Tasks that land before it.
    pub predecessors: Vec<TaskId>,
    /// Tasks that wait for it.
    pub dependents: Vec<TaskId>,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// Shows one task.
///
/// # Errors
/// When the ledger does not read, or no plan file defines the task.
pub fn show(site: &Site, named: Option<&TaskId>) -> Result<ShowOutcome, OpError> {
    let id = site.task(named)?;
    let loader = Loader::cached(site.repo(), &site.env);
    let (tip, target) = (site.ledger.tip()?, site.ledger.target()?);
    let snapshot = loader.snapshot(tip, target, None)?;
    let archived = match tip.filter(|_| snapshot.states.is_archived(&id)) {
        Some(tip) => loader.archived(tip, &id)?,
        None => None,
    };
    let known = archived.as_ref().map(|archived| &archived.definition);
    let Some(task) = snapshot.plan.get(&id).or(known) else {
        return Err(unknown(&snapshot, &id));
    };
    let records = match tip {
        Some(tip) => loader.records(tip, &id)?,
        None => Vec::new(),
    };
    let authorship = match tip {
        Some(tip) => {
            let all = records.iter().map(|record| (&id, record));
            authorship(&site.ledger, &loader, tip, all)?
        }
        None => Authorship::default(),
    };
    let closed = matches!(
        snapshot.states.get(&id).status(),
        Status::Done | Status::Cancelled
    );
    let case = crate::domain::gates::ClaimCase::open(&snapshot, task, site.env.now());
    let unmet = if closed { Vec::new() } else { case.unmet() };
    let predecessors = crate::domain::gates::predecessors(&snapshot, task);
    let dependents = snapshot
        .plan
        .iter()
        .filter(|other| other.depends_on.contains(&id));
    let kept_as = archived
        .as_ref()
        .map_or(Origin::Ledger, |archived| archived.origin);
    let origin = snapshot.plan.origin(&id).unwrap_or(kept_as);
    Ok(ShowOutcome {
        archived: archived
            .as_ref()
            .and_then(|archived| closed_at(&archived.history.state))
            .map(Period::of),
        row: Row::reviewed(site, &snapshot, task)?,
        origin,
        doubts: doubts::of(&snapshot, task, &records),
        sessions: super::session::of_task(&id, snapshot.states.get(&id), &records, site.env.now()),
        records,
        authorship,
        landed: snapshot.landed(&id),
        unmet,
        predecessors: predecessors
            .into_iter()
            .map(|task| task.id.clone())
            .collect(),
        dependents: dependents.map(|task| task.id.clone()).collect(),
        tip,
    })
}

/// Refuses a task that nothing defines, in the plan or in the archive.
///
/// # Errors
/// The refusal; when the ledger or the target does not read.
pub(super) fn known(site: &Site, id: &TaskId) -> Result<(), OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let snapshot = loader.snapshot(site.ledger.tip()?, site.ledger.target()?, None)?;
    match snapshot.knows(id) {
        true => Ok(()),
        false => Err(unknown(&snapshot, id)),
    }
}

/// The refusal for a task that no plan file defines, with the nearest id that one does.
pub(super) fn unknown(snapshot: &Snapshot, id: &TaskId) -> OpError {
    use crate::domain::refusal::Refusal;
    if snapshot.states.is_archived(id) {
        let hint = format!("`laneway archive --restore {id}` gives it back");
        let unmet = Unmet::rule("task-archived", format!("`{id}` is archived")).hint(hint);
        return Refusal::one(format!("cannot go on with {id}"), Some(id), unmet).into();
    }
    let near =
        crate::ledger::yaml::closest(id.as_str(), snapshot.plan.iter().map(|t| t.id.as_str()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`laneway list` shows all tasks".to_owned(),
    };
    let unmet = Unmet::rule("task-unknown", format!("no plan file defines `{id}`")).hint(hint);
    Refusal::one(format!("cannot show {id}"), Some(id), unmet).into()
}

/// The state of the whole queue.
#[derive(Debug, Clone)]
pub struct StatusOutcome {
    /// Number of tasks by role and status.
    pub counts: BTreeMap<RoleName, BTreeMap<Status, usize>>,
    /// Number of ready tasks by role.
    pub ready: BTreeMap<RoleName, usize>,
    /// Number of lanes that nobody holds, by role of policy.
    pub free: BTreeMap<RoleName, usize>,
    /// The lanes that are taken, by whom, for what.
    pub lanes: Vec<(TaskId, Claim)>,
    /// Claims that have expired.
    pub expired: Vec<(TaskId, Claim)>,
    /// Tasks that wait for review or merge, oldest first.
    pub submitted: Vec<(TaskId, Timestamp)>,
    /// Those of them that wait too long for a verdict.
    pub late: BTreeMap<TaskId, LateReview>,
    /// Blocked tasks, with the reason.
    pub blocked: Vec<(TaskId, String)>,
    /// Paused tasks, most urgent first.
    pub gaps: Vec<(TaskId, Gap)>,
    /// Exceptions in force, by task.
    pub exceptions: Vec<(TaskId, Waiver)>,
    /// Contradictions in the plan.
    pub faults: Vec<String>,
    /// Whether any name may do anything.
    pub open_map: bool,
    /// The ref of the ledger, and the commit that was read.
    pub ledger: (String, Option<ObjectId>),
    /// The target, and the commit whose rules are in force.
    pub target: (String, ObjectId),
    /// When it was looked at.
    pub now: Timestamp,
}

/// Sums up the queue.
///
/// # Errors
/// When the ledger does not read.
pub fn status(site: &Site) -> Result<StatusOutcome, OpError> {
    let snapshot = snapshot(site)?;
    let now = site.env.now();
    let policy = &snapshot.rules.policy;
    let mut counts: BTreeMap<RoleName, BTreeMap<Status, usize>> = BTreeMap::new();
    for role in policy.roles.keys() {
        counts.entry(role.clone()).or_default();
    }
    for task in snapshot.plan.iter() {
        let status = snapshot.states.get(&task.id).status();
        *counts
            .entry(task.role.clone())
            .or_default()
            .entry(status)
            .or_default() += 1;
    }
    let mut ready: BTreeMap<RoleName, usize> = BTreeMap::new();
    for task in ready::ready(&snapshot, Filter::default(), now) {
        *ready.entry(task.role.clone()).or_default() += 1;
    }
    let (mut lanes, mut expired) = (Vec::new(), Vec::new());
    let (mut submitted, mut blocked) = (Vec::new(), Vec::new());
    let mut exceptions = Vec::new();
    for (id, state) in snapshot.states.iter() {
        if !matches!(state.status(), Status::Done | Status::Cancelled) {
            let active = snapshot.waivers(id, now);
            exceptions.extend(active.map(|waiver| (id.clone(), waiver.clone())));
        }
        match &state.standing {
            Standing::AwaitingScope(claim) | Standing::InProgress(claim) => {
                let over = lease::expired(claim, policy.lease, now);
                let list = if over { &mut expired } else { &mut lanes };
                list.push((id.clone(), claim.clone()));
            }
            Standing::InReview { submission, .. } => submitted.push((id.clone(), submission.at)),
            Standing::Blocked { .. } | Standing::Withheld(_) => {
                let reason = state.hindrance().map_or("", |(reason, _)| reason);
                blocked.push((id.clone(), reason.to_owned()));
            }
            _ => {}
        }
    }
    lanes.sort_by(|a, b| a.1.lane.cmp(&b.1.lane));
    expired.sort_by(|a, b| a.0.cmp(&b.0));
    let mut free: BTreeMap<RoleName, usize> = BTreeMap::new();
    for (name, role) in &policy.roles {
        let held = lanes.iter().filter(|(_, claim)| claim.lane.role == *name);
        let left = usize::from(role.lanes).saturating_sub(held.count());
        free.insert(name.clone(), left);
    }
    submitted.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
    blocked.sort();
    let mut late = BTreeMap::new();
    for (id, _) in &submitted {
        if let Some(review) = late_review(site, &snapshot, id)? {
            late.insert(id.clone(), review);
        }
    }
    exceptions.sort_by(|a, b| (&a.0, a.1.exception).cmp(&(&b.0, b.1.exception)));
    Ok(StatusOutcome {
        counts,
        ready,
        free,
        lanes,
        expired,
        submitted,
        late,
        blocked,
        gaps: matrix::gaps(&snapshot, now)
            .into_iter()
            .map(|(id, gap)| (id.clone(), gap.clone()))
            .collect(),
        exceptions,
        faults: snapshot
            .plan
            .all_faults()
            .map(|(_, fault)| fault.clone())
            .collect(),
        open_map: snapshot.rules.identity.mode == Mode::Open,
        ledger: (site.ledger.tip_ref.clone(), snapshot.tip),
        target: (site.ledger.target_ref.clone(), snapshot.rules.at),
        now,
    })
}
