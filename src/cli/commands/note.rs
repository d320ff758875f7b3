use laneway::contract::own::NotedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::note;

use super::{Context, diff};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// The remark
    text: String,
    /// It tells how the task ended
    #[arg(long)]
    resolution: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let (text, resolution) = (&args.text, args.resolution);
    let outcome = note(&site, args.id.as_ref(), text, resolution, args.dry.dry_run)?;
    let view = NotedView::from(&outcome);
    let text = if outcome.mutation.carried_out {
        let id = view.note.as_deref().unwrap_or_default();
        format!("noted as {id}\n")
    } else {
        diff(&outcome.mutation)
    };
    let reply = Reply::new(&view, text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}
