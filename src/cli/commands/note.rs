use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::note;

use super::{Context, diff, ledger_after};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// The remark
    text: String,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = note(&site, args.id.as_ref(), &args.text, args.dry.dry_run)?;
    let text = if outcome.mutation.carried_out {
        let ids: Vec<String> = outcome.tasks.iter().map(ToString::to_string).collect();
        format!("noted on {}\n", ids.join(", "))
    } else {
        diff(&outcome.mutation)
    };
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.ledger(ledger_after(&site, &outcome.mutation)))
}
