use clap::builder::PossibleValuesParser;
use laneway::contract::request::{ContractRequestView, RequestView};
use laneway::domain::contract_request::{Decision, Ruling};
use laneway::domain::id::{ContractName, TaskId};
use laneway::ops::request::{RequestOutcome, decide, open, raise};

use super::{Context, attested, diff, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task that asks [default: the lane's]; alone: list what it asked for and is open
    id: Option<TaskId>,
    /// Ask for a change of this contract
    #[arg(
        long,
        value_name = "NAME",
        requires = "text",
        conflicts_with = "decide"
    )]
    contract: Option<ContractName>,
    /// What is needed, and why
    #[arg(long, requires = "contract")]
    text: Option<String>,
    /// Decide the request with this number, as its contract's owner
    #[arg(long, value_name = "N", requires_all = ["verdict", "reason"])]
    decide: Option<u32>,
    /// The decision; what is deferred may be decided again
    #[arg(long, requires = "decide")]
    #[arg(value_parser = PossibleValuesParser::new(Ruling::ALL.iter().map(|r| r.word())))]
    verdict: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", requires = "decide")]
    reason: Option<String>,
    /// The owner's task that carries it out
    #[arg(long, value_name = "ID", requires = "decide")]
    task: Option<TaskId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let dry_run = args.dry.dry_run;
    let outcome = match (&args.contract, args.decide) {
        (Some(contract), _) => {
            let text = args.text.as_deref().unwrap_or_default();
            raise(&site, args.id.as_ref(), contract, text, dry_run)?
        }
        (None, Some(request)) => {
            let decision = decision(args, request)?;
            decide(&site, args.id.as_ref(), &decision, dry_run)?
        }
        (None, None) => open(&site, args.id.as_ref())?,
    };
    let view = RequestView::from(&outcome);
    let reply = Reply::new(&view, safe(&text(&outcome, &view)));
    Ok(match &outcome.mutation {
        Some(mutation) => reply.carried_out(&site, mutation),
        None => reply.ledger(ledger_at(&site, site.ledger.tip().ok().flatten())),
    })
}

fn decision(args: &Args, request: u32) -> Result<Decision, Failure> {
    let word = args.verdict.as_deref().unwrap_or_default();
    let ruling = Ruling::from_word(word)
        .ok_or_else(|| Failure::usage(format!("`{word}` is no decision")))?;
    Ok(Decision {
        request,
        ruling,
        reason: args.reason.clone().unwrap_or_default(),
        task: args.task.clone(),
    })
}

fn text(outcome: &RequestOutcome, view: &RequestView) -> String {
    match &outcome.mutation {
        Some(mutation) if !mutation.carried_out => diff(mutation),
        Some(_) => view.requests.iter().map(told).collect(),
        None if view.requests.is_empty() => "no contract request is open\n".to_owned(),
        None => view.requests.iter().map(listed).collect(),
    }
}

/// What was raised or decided.
fn told(request: &ContractRequestView) -> String {
    let ContractRequestView {
        task,
        number,
        contract,
        ..
    } = request;
    match &request.decision {
        Some(decision) => {
            let by = decision.task.as_ref().map(|task| format!(", by {task}"));
            format!(
                "request {number} of {task} is {}{}\n",
                request.status,
                by.unwrap_or_default()
            )
        }
        None => {
            let owner = request.owner.as_deref().unwrap_or("the owner");
            format!(
                "asked {owner} for a change of {contract}: request {number} of {task}\n\
                 next: `laneway request {task} --decide {number} --verdict … --reason …` by {owner}\n"
            )
        }
    }
}

/// A request that waits, in two lines and its text.
fn listed(request: &ContractRequestView) -> String {
    let owner = request.owner.as_deref().unwrap_or("nobody");
    let mut text = format!(
        "{} request {}: contract {} of {owner}, by {} at {}, {}\n",
        request.task,
        request.number,
        request.contract,
        attested(&request.by, request.level.as_deref()),
        request.at,
        request.status
    );
    for line in request.text.lines() {
        text.push_str(format!("  {line}").trim_end());
        text.push('\n');
    }
    if let Some(decision) = &request.decision {
        text.push_str(&format!(
            "  {} by {}: {}\n",
            decision.verdict,
            attested(&decision.by, decision.level.as_deref()),
            decision.reason
        ));
    }
    text
}
