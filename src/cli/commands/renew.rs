use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::ops::own::{TaskOutcome, renew};

use super::{Context, diff};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's, else all that the agent has in progress]
    id: Option<TaskId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = renew(&site, args.id.as_ref(), args.dry.dry_run)?;
    let reply = Reply::new(&ChangedView::from(&outcome), text(&outcome));
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn text(outcome: &TaskOutcome) -> String {
    let mutation = &outcome.mutation;
    if !mutation.carried_out {
        return diff(mutation);
    }
    let mut text = String::new();
    for id in &outcome.tasks {
        let state = mutation.state(id);
        let until = state.claim().map(|claim| claim.expires_at.to_string());
        let until = until.unwrap_or_else(|| "-".to_owned());
        text.push_str(&format!("renewed {id}: until {until}\n"));
    }
    text
}
