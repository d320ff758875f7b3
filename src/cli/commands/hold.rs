use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::scope::hold;

use super::{Context, changed};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// What is waited for
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = hold(&site, args.id.as_ref(), &args.reason, args.dry.dry_run)?;
    let text = changed(&outcome, "held up");
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
