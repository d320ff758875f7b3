//! `request`: a contract change is asked for, and its owner decides (P28).

use super::note::touched;
use super::{Change, Context};
use crate::domain::contract_request::{Asked, ContractRequest, Decision, Ruling, asked};
use crate::domain::id::{ContractName, TaskId};
use crate::domain::identity::{Capability, Mode};
use crate::domain::record::RecordBody;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::state::Status;

/// Most of a request that a state file keeps, in bytes.
const MAX_TEXT: usize = 4096;

/// Asks, in the name of a task, for a change of a contract: its holder, or who may plan.
pub(super) fn raise(
    ctx: Context<'_>,
    id: &TaskId,
    contract: &ContractName,
    text: &str,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    if matches!(state.status(), Status::Done | Status::Cancelled) {
        let message = format!("`{id}` is {}", state.status());
        let hint = "ask in the name of a task that is open";
        return Err(ctx.refuse(id, Unmet::rule("lifecycle", message).hint(hint)));
    }
    match state.claim() {
        Some(claim) if claim.agent == *ctx.agent() => {
            ctx.hold(id, state)?;
        }
        _ => ctx.require(id, Capability::Plan)?,
    }
    known(ctx, id, contract)?;
    if text.trim().is_empty() || text.len() > MAX_TEXT {
        let message = format!("a request has 1 to {MAX_TEXT} bytes");
        let unmet = Unmet::rule("request-size", message)
            .hint("say what the contract lacks, and what for: `--text …`");
        return Err(ctx.refuse(id, unmet));
    }
    let record = RecordBody::Request(ContractRequest {
        contract: contract.clone(),
        text: text.to_owned(),
    });
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

fn known(ctx: Context<'_>, id: &TaskId, contract: &ContractName) -> Result<(), Refusal> {
    let contracts = &ctx.snapshot.rules.policy.contracts;
    if contracts.contains_key(contract) {
        return Ok(());
    }
    let names: Vec<&str> = contracts.keys().map(ContractName::as_str).collect();
    let hint = if names.is_empty() {
        "`contracts` in governance/policy.yaml names contracts and their owners".to_owned()
    } else {
        format!("contracts: {}", names.join(", "))
    };
    let message = format!("policy has no contract `{contract}`");
    Err(ctx.refuse(id, Unmet::rule("contract-unknown", message).hint(hint)))
}

/// Decides a request: an agent of the owner's role, or who may `admin`; never who asked.
pub(super) fn decide(
    ctx: Context<'_>,
    id: &TaskId,
    decision: &Decision,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    let asked = open(ctx, id, decision.request)?;
    owns(ctx, id, &asked)?;
    if asked.record.by == *ctx.agent() {
        let message = format!("{} cannot decide its own request", ctx.agent());
        return Err(ctx.refuse(id, Unmet::rule("self-decision", message)));
    }
    if decision.reason.trim().is_empty() || decision.reason.len() > MAX_TEXT {
        let message = format!("a decision owes a reason of 1 to {MAX_TEXT} bytes");
        let unmet = Unmet::rule("reason-owed", message).hint("`--reason …`");
        return Err(ctx.refuse(id, unmet));
    }
    if let Some(task) = &decision.task {
        carries_out(ctx, id, &asked, decision, task)?;
    }
    let record = RecordBody::Decision(decision.clone());
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

/// The request with this number, which must wait for a decision.
fn open<'a>(ctx: Context<'a>, id: &TaskId, number: u32) -> Result<Asked<'a>, Refusal> {
    let mut all = asked(ctx.snapshot.records_of(id));
    let Some(found) = all.find(|asked| asked.record.n == number) else {
        let message = format!("record {number} of `{id}` is no contract request");
        let unmet = Unmet::rule("request-unknown", message)
            .hint(format!("`laneway request {id}` shows those that are open"));
        return Err(ctx.refuse(id, unmet));
    };
    match found.decision {
        Some((record, decision)) if !found.is_open() => {
            let message = format!(
                "request {number} of `{id}` was decided by {}: {}",
                record.by, decision.ruling
            );
            let unmet = Unmet::rule("request-decided", message)
                .hint(format!("`laneway show {id}` has the reason"));
            Err(ctx.refuse(id, unmet))
        }
        _ => Ok(found),
    }
}

fn owns(ctx: Context<'_>, id: &TaskId, asked: &Asked<'_>) -> Result<(), Refusal> {
    let (map, name) = (&ctx.snapshot.rules.identity, &asked.request.contract);
    let contract = ctx.snapshot.rules.policy.contracts.get(name);
    let owner = contract.map(|contract| &contract.owner);
    let unchecked = map.mode == Mode::Open || map.agents.is_empty();
    let agent = map.agents.get(ctx.agent());
    let of_owner = agent.zip(owner).is_some_and(|(a, o)| a.roles.contains(o));
    if unchecked || of_owner || map.may(ctx.agent(), Capability::Admin) {
        return Ok(());
    }
    let message = match owner {
        Some(owner) => format!(
            "the contract `{name}` is {owner}'s, and {} has not that role",
            ctx.agent()
        ),
        None => format!("policy has no contract `{name}` any more"),
    };
    let unmet = Unmet::rule("not-contract-owner", message)
        .hint("an agent of that role decides, or one who may `admin`");
    Err(ctx.refuse(id, unmet))
}

/// Whether `task` can carry an accepted request out.
fn carries_out(
    ctx: Context<'_>,
    id: &TaskId,
    asked: &Asked<'_>,
    decision: &Decision,
    task: &TaskId,
) -> Result<(), Refusal> {
    let name = &asked.request.contract;
    let unmet = if decision.ruling != Ruling::Accept {
        let message = format!("`{task}` carries out nothing that is not accepted");
        Unmet::rule("task-needless", message).hint("leave `--task` out")
    } else {
        let owner = ctx.snapshot.rules.policy.contracts.get(name);
        match (ctx.snapshot.plan.get(task), owner) {
            (None, _) => Unmet::rule("task-unknown", format!("no plan file defines `{task}`"))
                .hint("add it first, then decide"),
            (Some(work), Some(contract)) if work.role != contract.owner => {
                let message = format!(
                    "`{task}` is work of {}, and the contract `{name}` is {}'s",
                    work.role, contract.owner
                );
                Unmet::rule("not-contract-owner", message)
                    .hint(format!("name a task of {}", contract.owner))
            }
            _ => return Ok(()),
        }
    };
    Err(ctx.refuse(id, unmet))
}
