use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::reopen;

use super::{Context, changed};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task
    id: TaskId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = reopen(&site, &args.id, &args.reason, args.dry.dry_run)?;
    let text = changed(&outcome, "reopened");
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
