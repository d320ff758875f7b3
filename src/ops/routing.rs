//! `show --routing`: the workstation that a claim would get, and why not another.

use super::OpError;
use super::look;
use super::site::Site;
use crate::domain::gates::ClaimCase;
use crate::domain::id::{AgentName, ObjectId, TaskId, WorkstationName};
use crate::domain::identity::Mode;
use crate::domain::policy::Strategy;
use crate::domain::routing::{Candidate, decision};
use crate::domain::snapshot::Snapshot;
use crate::domain::time::Timestamp;

/// The decision for the acting agent; without one, every route of the type.
#[derive(Debug, Clone)]
pub struct RoutingOutcome {
    /// For whom.
    pub agent: Option<AgentName>,
    /// Whether the identity map is enforced.
    pub enforced: bool,
    /// How is chosen.
    pub strategy: Strategy,
    /// The workstation that a claim would be judged on.
    pub workstation: Option<WorkstationName>,
    /// Why this one.
    pub why: String,
    /// All that were looked at, in the order of the map.
    pub candidates: Vec<Looked>,
    /// The ledger commit that was read.
    pub tip: Option<ObjectId>,
}

/// A workstation that was looked at.
#[derive(Debug, Clone)]
pub struct Looked {
    /// Which.
    pub workstation: WorkstationName,
    /// The agents that its route names; none for the default.
    pub agents: Vec<String>,
    /// The word of the verdict.
    pub verdict: &'static str,
    /// Why it is not taken; empty where it is.
    pub reason: String,
    /// Tasks in progress there.
    pub load: usize,
    /// Most tasks in progress there.
    pub limit: Option<u32>,
}

/// Decides where the task would be done, as a claim from here would now. Probes are not asked.
///
/// # Errors
/// When the ledger does not read, or no plan file defines the task.
pub fn routing(site: &Site, named: Option<&TaskId>) -> Result<RoutingOutcome, OpError> {
    let id = site.task(named)?;
    let snapshot = look::snapshot(site)?;
    let Some(task) = snapshot.plan.get(&id) else {
        return Err(look::unknown(&snapshot, &id));
    };
    let agent = look::acting(site)?;
    let now = site.env.now();
    let case = ClaimCase {
        agent: agent.as_ref(),
        host: Some(&site.env.host),
        ..ClaimCase::open(&snapshot, task, now)
    };
    let told = decision(&case, None);
    let candidates = told.candidates.iter();
    Ok(RoutingOutcome {
        enforced: snapshot.rules.identity.mode == Mode::Enforced,
        strategy: told.strategy,
        workstation: told.workstation().cloned(),
        why: told.why.clone(),
        candidates: candidates
            .map(|candidate| looked(&snapshot, candidate, now))
            .collect(),
        agent: agent.clone(),
        tip: snapshot.tip,
    })
}

fn looked(snapshot: &Snapshot, candidate: &Candidate<'_>, now: Timestamp) -> Looked {
    let known = &snapshot.rules.workstations.workstations;
    let agents = candidate.route.map(|route| route.agents.clone());
    Looked {
        workstation: candidate.workstation.clone(),
        agents: agents.unwrap_or_default(),
        verdict: candidate.verdict.word(),
        reason: candidate.verdict.reason(),
        load: snapshot.load_of(candidate.workstation, now),
        limit: known
            .get(candidate.workstation)
            .and_then(|known| known.wip_limit),
    }
}
