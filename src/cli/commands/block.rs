use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::block;

use super::{Context, changed};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// What stands in the way
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The task that must land first
    #[arg(long, value_name = "ID")]
    by: Option<TaskId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let (by, dry_run) = (args.by.as_ref(), args.dry.dry_run);
    let outcome = block(&site, args.id.as_ref(), &args.reason, by, dry_run)?;
    let text = changed(&outcome, "blocked");
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
