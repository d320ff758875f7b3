//! `brief`: everything that an agent needs now, from the repository alone (G2, G3, P52).
//!
//! ```text
//! one read of the ledger → which task → its facts, its past → what `decide` says of each next
//! verb → commands
//! ```
//! Nothing is suggested that would be refused: each command was rehearsed on what was read. Nothing
//! is written and no network is used; what others did meanwhile, or what a checkout that is in the
//! way keeps a merge from, the verbs themselves say.

mod command;
mod fields;
mod high_risk;
mod package;
mod past;
mod queue;
mod rehearsal;
mod review_seen;
mod scoping;
mod steps;
mod task;

#[cfg(test)]
mod tests;

pub use command::{Command, Place, Speaker};
pub use fields::{Field, ROOT_CAUSE};
pub use package::PackageSeen;
pub use past::{Attempt, Past};
pub use queue::{QueueBrief, ReadyTask};
pub use rehearsal::{Judged, Submitted};
pub use review_seen::ReviewSeen;
pub use steps::{Act, CheckOwed, LaneSeen, Next, Situation, Unscoped, Working, claiming, next};
pub use task::{Dependency, Relation, TaskBrief};

use super::{OpError, Site, look};
use crate::domain::id::{AgentName, LaneName, ObjectId, RemoteName, RoleName, TaskId};
use crate::domain::identity::{Agent, AgentKind, Capability, Mode};
use crate::domain::lease;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::domain::time::Timestamp;
use rehearsal::Rehearsal;

/// What `brief` is asked.
#[derive(Debug, Clone, Default)]
pub struct BriefOptions {
    /// About this task.
    pub task: Option<TaskId>,
    /// About the task of this lane, or what it could take.
    pub lane: Option<LaneName>,
    /// About work of this role.
    pub role: Option<RoleName>,
    /// With what a defect owes, and what was tried before (P52).
    pub bugfix: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// The name.
    pub agent: AgentName,
    /// What named it.
    pub source: &'static str,
    /// What the identity map knows of it.
    pub known: Option<Agent>,
    /// What it may do.
    pub may: Vec<Capability>,
    /// Any name may do anything, so that this one is not verified.
    pub open: bool,
    /// The host it runs on.
    pub host: String,
}

impl Who {
    /// Whether it is a person, as far as the map says.
    #[must_use]
    pub fn is_person(&self) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|known| known.kind == AgentKind::Person)
    }
}

/// Everything that the reader needs now.
#[derive(Debug, Clone)]
pub struct Brief {
    /// Who asks; none where nobody said it.
    pub who: Option<Who>,
    /// The task it is about.
    pub task: Option<Box<TaskBrief>>,
    /// Without a task: what there is to do.
    pub queue: Option<QueueBrief>,
    /// What comes next.
    pub next: Next,
    /// The packet for a defect was asked for.
    pub bugfix: bool,
    /// A claim of the worktree around the directory that is over: its task and epoch.
    pub over: Option<(TaskId, u32)>,
    /// The remote that decides: what is told is as this clone last saw it.
    pub remote: Option<RemoteName>,
    /// The ref of the ledger, and the commit that was read.
    pub ledger: (String, Option<ObjectId>),
    /// When it was looked at.
    pub now: Timestamp,
}

/// Tells an agent all that it needs.
///
/// # Errors
/// When the ledger does not read, or no plan file defines the task.
pub fn brief(site: &Site, options: &BriefOptions) -> Result<Brief, OpError> {
    let (agent, source) = match site.agent_from() {
        Ok(known) => known,
        Err(OpError::NoIdentity) => return Ok(nobody(site)),
        Err(error) => return Err(error),
    };
    let asking = Rehearsal::new(site, agent.clone())?;
    let snapshot = &asking.snapshot;
    let wanted = options.role.as_ref();
    look::known_role(
        snapshot,
        wanted.or(options.lane.as_ref().map(|lane| &lane.role)),
    )?;
    let who = who(site, snapshot, agent, source);
    let to = Speaker::of(site);
    let chosen = chosen(&asking, options);
    if options.bugfix && chosen.is_none() {
        let message = "`--for bugfix` is about a task: name it, or claim one".to_owned();
        return Err(OpError::Usage(message));
    }
    let mut told = Brief {
        task: None,
        queue: None,
        next: Next::new(Act::Wait, String::new()),
        bugfix: options.bugfix,
        over: over(site, snapshot),
        ..nobody(site)
    };
    told.ledger.1 = snapshot.tip;
    match chosen {
        Some(id) => {
            let (task, next) = task::brief(&asking, &to, &who, &id)?;
            (told.task, told.next) = (Some(Box::new(task)), next);
        }
        None => {
            let (queue, next) = queue::brief(&asking, &to, &who, options)?;
            (told.queue, told.next) = (Some(queue), next);
        }
    }
    told.who = Some(who);
    Ok(told)
}

/// What somebody reads who did not say who acts.
fn nobody(site: &Site) -> Brief {
    let to = Speaker::of(site);
    let say = "say who you are: `--as @NAME`, LANEWAY_AGENT, or git config `laneway.agent`; then \
               ask again";
    let set = to
        .git(Place::Repository, ["config"], "who acts in this clone")
        .fill("laneway.agent", "@NAME");
    Brief {
        who: None,
        task: None,
        queue: None,
        next: Next::new(Act::Identify, say).then(set),
        bugfix: false,
        over: None,
        remote: site.ledger.remote().cloned(),
        ledger: (
            site.ledger.tip_ref.clone(),
            site.ledger.tip().ok().flatten(),
        ),
        now: site.env.now(),
    }
}

fn who(site: &Site, snapshot: &Snapshot, agent: AgentName, source: &'static str) -> Who {
    let map = &snapshot.rules.identity;
    let may = Capability::ALL.iter().copied();
    Who {
        known: map.agents.get(&agent).cloned(),
        may: may.filter(|one| map.may(&agent, *one)).collect(),
        open: map.mode == Mode::Open,
        host: site.env.host.clone(),
        agent,
        source,
    }
}

/// The task that is meant: the named one, the lane's, that of the worktree around the directory,
/// or the one that the agent has in progress.
fn chosen(asking: &Rehearsal<'_>, options: &BriefOptions) -> Option<TaskId> {
    if options.task.is_some() {
        return options.task.clone();
    }
    let (states, site) = (&asking.snapshot.states, asking.site);
    let terms = asking.snapshot.rules.policy.lease;
    if let Some(lane) = &options.lane {
        let mut held = states.in_progress();
        return held
            .find(|(_, _, claim)| claim.lane == *lane && !lease::expired(claim, terms, asking.now))
            .map(|(id, _, _)| id.clone());
    }
    if let Some(bound) = site
        .binding
        .as_ref()
        .filter(|bound| holds(&asking.snapshot, &bound.task, bound.epoch.0))
    {
        return Some(bound.task.clone());
    }
    let of_role = |lane: &LaneName| options.role.as_ref().is_none_or(|role| lane.role == *role);
    let mine = states
        .in_progress()
        .filter(|(_, _, claim)| claim.agent == asking.agent && of_role(&claim.lane));
    mine.min_by_key(|(id, _, claim)| (claim.claimed_at, (*id).clone()))
        .map(|(id, _, _)| id.clone())
}

fn holds(snapshot: &Snapshot, id: &TaskId, epoch: u32) -> bool {
    let state = snapshot.states.get(id);
    state.epoch.0 == epoch
        && matches!(
            state.standing,
            Standing::InProgress(_) | Standing::AwaitingScope(_) | Standing::Blocked { .. }
        )
}

/// The claim of the worktree around the directory, if another has followed it.
fn over(site: &Site, snapshot: &Snapshot) -> Option<(TaskId, u32)> {
    let bound = site.binding.as_ref()?;
    let epoch = snapshot.states.get(&bound.task).epoch;
    (epoch != bound.epoch).then(|| (bound.task.clone(), bound.epoch.0))
}
