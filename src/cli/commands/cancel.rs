use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::domain::request::Dependents;
use laneway::ops::own::cancel;

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
    /// Tasks that depend on it keep the dependency, which is never met
    #[arg(long)]
    keep_dependents: bool,
    /// Tasks that depend on it lose the dependency
    #[arg(long, conflicts_with = "keep_dependents")]
    drop_edge: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let dependents = match (args.keep_dependents, args.drop_edge) {
        (true, _) => Dependents::Keep,
        (_, true) => Dependents::DropEdge,
        _ => Dependents::None,
    };
    let outcome = cancel(&site, &args.id, &args.reason, dependents, args.dry.dry_run)?;
    let text = changed(&outcome, "cancelled");
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
