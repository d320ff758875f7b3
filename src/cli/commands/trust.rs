use laneway::contract::work::TrustView;
use laneway::domain::id::TaskId;
use laneway::ops::work::{TrustOutcome, trust};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = trust(&site, args.id.as_ref())?;
    Ok(Reply::new(&TrustView::from(&outcome), text(&outcome)))
}

fn text(outcome: &TrustOutcome) -> String {
    if outcome.commands.is_empty() {
        return format!("{} owes no checks\n", outcome.task);
    }
    let lines = outcome.commands.iter().map(|command| {
        let since = if outcome.new.contains(command) {
            "trusted now"
        } else {
            "trusted before"
        };
        format!("{since}: {}\n", safe(command))
    });
    lines.collect()
}
