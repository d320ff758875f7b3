use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::unblock;

use super::{Context, changed};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = unblock(&site, args.id.as_ref(), args.dry.dry_run)?;
    let text = changed(&outcome, "unblocked");
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
