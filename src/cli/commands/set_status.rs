use laneway::contract::set_status::SetStatusView;
use laneway::domain::id::TaskId;
use laneway::domain::state::Status;
use laneway::ops::set_status::{SetStatusOptions, SetStatusOutcome, set_status};

use super::{Context, checks, claim, diff, handoff, ledger_after, ledger_at, list, merge};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: TaskId,
    /// Where it is to be: todo, in_progress, blocked, in_review, done, cancelled
    #[arg(value_parser = list::status)]
    status: Status,
    /// Why; owed by `blocked`, by `cancelled`, and by `todo` of a closed task
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The task that must land first, of `blocked`
    #[arg(long, value_name = "ID")]
    by: Option<TaskId>,
    /// What comes next; owed by `in_review`
    #[arg(long, value_name = "TEXT")]
    next: Option<String>,
    /// Trust the checks that `done` runs
    #[arg(long)]
    trust: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = SetStatusOptions {
        reason: args.reason.clone(),
        by: args.by.clone(),
        next: args.next.clone(),
        trust: args.trust,
        dry_run: args.dry.dry_run,
    };
    let mut progress = checks::progress(context.screen, context.global.verbose);
    let outcome = set_status(&site, &args.id, args.status, &options, &mut progress)?;
    let (text, ledger) = match &outcome {
        SetStatusOutcome::Claimed(claimed) => {
            let ledger = ledger_after(&site, &claimed.mutation);
            (claim::text(claimed), ledger)
        }
        SetStatusOutcome::Changed(task) => {
            let text = if task.mutation.carried_out {
                format!("{} is {}\n", args.id, args.status)
            } else {
                diff(&task.mutation)
            };
            (text, ledger_after(&site, &task.mutation))
        }
        SetStatusOutcome::HandedOff(handoff) => {
            let ledger = ledger_after(&site, &handoff.mutation);
            (handoff::text(handoff), ledger)
        }
        SetStatusOutcome::Merged(merged) => {
            let ledger = ledger_at(&site, site.ledger.tip()?);
            (merge::text(merged, args.dry.dry_run), ledger)
        }
    };
    let view = SetStatusView::of(&args.id, args.status, &outcome);
    let failed = !view.reached && !args.dry.dry_run;
    let begun = match outcome {
        SetStatusOutcome::Claimed(claimed) => claimed.begun,
        _ => None,
    };
    Ok(Reply::new(&view, text)
        .ledger(ledger)
        .negative(failed)
        .confirms(!args.dry.dry_run)
        .ends(begun))
}
