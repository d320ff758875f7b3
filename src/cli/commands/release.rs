use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::{ReleaseOptions, release};

use super::{Context, changed};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// Someone else's, by someone who may
    #[arg(long, requires = "reason")]
    force: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// All claims that have expired
    #[arg(long, conflicts_with_all = ["id", "force", "reason"])]
    expired: bool,
    /// Judge expiry by this clock although it contradicts the ledger
    #[arg(long, requires = "expired")]
    trust_clock: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = ReleaseOptions {
        task: args.id.clone(),
        force: args.force,
        reason: args.reason.clone(),
        expired: args.expired,
        trust_clock: args.trust_clock,
        dry_run: args.dry.dry_run,
    };
    let outcome = release(&site, &options)?;
    let text = changed(&outcome, "released");
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
