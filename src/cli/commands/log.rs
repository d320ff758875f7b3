use laneway::contract::log::LogView;
use laneway::domain::id::TaskId;
use laneway::ops::log::{LogOptions, LogOutcome, log};

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's, else all]
    id: Option<TaskId>,
    /// Show at most N entries
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = LogOptions {
        task: args.id.clone(),
        limit: args.limit,
    };
    let outcome = log(&site, &options)?;
    let reply = Reply::new(&LogView::from(&outcome), text(&outcome));
    Ok(reply.ledger(ledger_at(&site, outcome.tip)))
}

fn text(outcome: &LogOutcome) -> String {
    let mut text = String::new();
    for entry in &outcome.entries {
        let (at, commit) = (entry.at, entry.commit.short());
        text.push_str(&format!("{at}  {commit}  {}", safe(&entry.summary)));
        if let Some(lane) = &entry.lane {
            text.push_str(&format!(" in {lane}"));
        }
        if let Some(epoch) = entry.epoch {
            text.push_str(&format!(", epoch {epoch}"));
        }
        if let Some(reason) = &entry.reason {
            let line = reason.lines().collect::<Vec<_>>().join(" ");
            text.push_str(&format!(": {}", safe(&line)));
        }
        text.push('\n');
    }
    if text.is_empty() {
        text.push_str("nothing has happened\n");
    }
    text
}
