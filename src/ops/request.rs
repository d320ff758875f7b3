//! `request`: contract changes that are asked for, and what their owners decide (P28).

use super::OpError;
use super::mutate::Mutation;
use super::site::Site;
use crate::audit::{Authorship, authorship};
use crate::domain::contract_request::{Asked, ContractRequest, Decision, asked};
use crate::domain::id::{AgentName, ContractName, RoleName, TaskId};
use crate::domain::record::{Record, RecordBody};
use crate::domain::request::Verb;
use crate::domain::signature::Level;
use crate::domain::time::Timestamp;
use crate::ledger::Loader;

/// A contract request as it stands.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The task in whose name it is asked.
    pub task: TaskId,
    /// Its number among the records of the task.
    pub number: u32,
    /// What is asked.
    pub request: ContractRequest,
    /// The role that decides; none when policy has the contract no more.
    pub owner: Option<RoleName>,
    /// By whom.
    pub by: AgentName,
    /// What shows that they asked; only lists look for it.
    pub level: Option<Level>,
    /// When.
    pub at: Timestamp,
    /// What was decided last, by whom.
    pub decision: Option<(AgentName, Decision)>,
    /// What shows that they decided; only lists look for it.
    pub decided_level: Option<Level>,
}

/// What `request` came to.
#[derive(Debug, Clone)]
pub struct RequestOutcome {
    /// The requests it is about: those that are open, or the one that was raised or decided.
    pub requests: Vec<Standing>,
    /// The mutation; none when it was only looked.
    pub mutation: Option<Mutation>,
}

/// Lists the requests that wait for a decision, over all tasks or of one, by task and number. Only
/// state files that hold requests are read as such.
///
/// # Errors
/// When the ledger does not read.
pub fn open(site: &Site, task: Option<&TaskId>) -> Result<RequestOutcome, OpError> {
    let loader = Loader::cached(site.repo(), &site.env);
    let policy = &loader.rules(site.ledger.target()?)?.policy;
    let tip = site.ledger.tip()?;
    let histories = match (tip, task) {
        (None, _) => Vec::new(),
        (Some(tip), Some(task)) => loader.history(tip, task)?.into_iter().collect(),
        (Some(tip), None) => loader.histories_with(tip, "request:")?,
    };
    let mut found: Vec<(&TaskId, Asked<'_>)> = Vec::new();
    for history in &histories {
        let open = asked(&history.records).filter(Asked::is_open);
        found.extend(open.map(|asked| (&history.id, asked)));
    }
    found.sort_by(|(a, one), (b, other)| (a, one.record.n).cmp(&(b, other.record.n)));
    let steps = found.iter().flat_map(|(task, asked)| {
        let decided = asked.decision.map(|(record, _)| record);
        let steps = std::iter::once(asked.record).chain(decided);
        steps.map(|record| (*task, record))
    });
    let authorship = match tip {
        Some(tip) => authorship(&site.ledger, &loader, tip, steps)?,
        None => Authorship::default(),
    };
    let requests = found.iter().map(|(task, asked)| {
        let contract = policy.contracts.get(&asked.request.contract);
        let owner = contract.map(|known| &known.owner);
        Standing::of(task, asked, owner, &authorship)
    });
    Ok(RequestOutcome {
        requests: requests.collect(),
        mutation: None,
    })
}

impl Standing {
    fn of(
        task: &TaskId,
        asked: &Asked<'_>,
        owner: Option<&RoleName>,
        authorship: &Authorship,
    ) -> Self {
        let decision = asked.decision;
        let level = |record: &Record| Some(authorship.of(task, record.n)?.level);
        Self {
            task: task.clone(),
            number: asked.record.n,
            request: asked.request.clone(),
            owner: owner.cloned(),
            by: asked.record.by.clone(),
            level: level(asked.record),
            at: asked.record.at,
            decision: decision.map(|(record, decision)| (record.by.clone(), decision.clone())),
            decided_level: decision.and_then(|(record, _)| level(record)),
        }
    }
}

/// Asks for a contract change in the name of the named task, or the lane's.
///
/// # Errors
/// The refusal.
pub fn raise(
    site: &Site,
    named: Option<&TaskId>,
    contract: &ContractName,
    text: &str,
    dry_run: bool,
) -> Result<RequestOutcome, OpError> {
    let task = site.task(named)?;
    let verb = Verb::Request {
        task: task.clone(),
        contract: contract.clone(),
        text: text.to_owned(),
    };
    carried_out(site, &task, verb, None, dry_run)
}

/// Decides a contract request of the named task, or of the lane's.
///
/// # Errors
/// The refusal.
pub fn decide(
    site: &Site,
    named: Option<&TaskId>,
    decision: &Decision,
    dry_run: bool,
) -> Result<RequestOutcome, OpError> {
    let task = site.task(named)?;
    let verb = Verb::Decide {
        task: task.clone(),
        decision: decision.clone(),
    };
    carried_out(site, &task, verb, Some(decision.request), dry_run)
}

/// Carries `verb` out; the request that it is about is `number`, else the one that it raised.
fn carried_out(
    site: &Site,
    task: &TaskId,
    verb: Verb,
    number: Option<u32>,
    dry_run: bool,
) -> Result<RequestOutcome, OpError> {
    let request = site.request(verb)?;
    let mutation = site.carry_out(&request, dry_run)?;
    let mut records = mutation.before.records_of(task).to_vec();
    for change in mutation.change.states.iter().filter(|c| c.task == *task) {
        for body in &change.append {
            records.push(Record {
                n: u32::try_from(records.len())
                    .unwrap_or(u32::MAX)
                    .saturating_add(1),
                at: request.at,
                by: request.actor.agent.clone(),
                epoch: change.state.epoch,
                body: body.clone(),
            });
        }
    }
    let last = records.iter().rev();
    let raised = last.clone().find(|record| {
        matches!(record.body, RecordBody::Request(_)) && record.by == request.actor.agent
    });
    let number = number.or(raised.map(|record| record.n));
    let contracts = &mutation.before.rules.policy.contracts;
    let requests = asked(&records)
        .filter(|asked| Some(asked.record.n) == number)
        .map(|asked| {
            let contract = contracts.get(&asked.request.contract);
            let owner = contract.map(|known| &known.owner);
            Standing::of(task, &asked, owner, &Authorship::default())
        })
        .collect();
    Ok(RequestOutcome {
        requests,
        mutation: Some(mutation),
    })
}
