use laneway::audit::{Entry, Order};
use laneway::contract::log::LogView;
use laneway::contract::session::duration;
use laneway::domain::id::TaskId;
use laneway::ops::log::{LogOptions, LogOutcome, log};
use laneway::ops::session::Worked;

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
    /// The oldest first
    #[arg(long)]
    reverse: bool,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = LogOptions {
        task: args.id.clone(),
        limit: args.limit,
        order: match args.reverse {
            true => Order::OldestFirst,
            false => Order::NewestFirst,
        },
    };
    let outcome = log(&site, &options)?;
    let reply = Reply::new(&LogView::from(&outcome), text(&outcome));
    Ok(reply.ledger(ledger_at(&site, outcome.tip)))
}

fn text(outcome: &LogOutcome) -> String {
    let mut text = String::new();
    for entry in &outcome.entries {
        line(&mut text, entry);
    }
    if text.is_empty() {
        text.push_str("nothing has happened\n");
    }
    if let Some(task) = &outcome.task
        && !outcome.sessions.is_empty()
    {
        let ids: Vec<String> = outcome.sessions.iter().map(Worked::id).collect();
        let worked = duration(outcome.worked());
        text.push_str(&format!(
            "worked on {task}: {worked}, in {}\n",
            ids.join(", ")
        ));
    }
    text
}

/// One ledger commit: when, who did what, where, and what shows it.
fn line(text: &mut String, entry: &Entry) {
    let (at, commit) = (entry.at, entry.commit.short());
    text.push_str(&format!("{at}  {commit}  {}", safe(&entry.summary)));
    if let Some(workstation) = &entry.workstation {
        text.push_str(&format!(" on {workstation}"));
    }
    if let Some(lane) = &entry.lane {
        text.push_str(&format!(" in {lane}"));
    }
    text.push_str(&format!(" at {}", safe(&entry.host)));
    if let Some(epoch) = entry.epoch {
        text.push_str(&format!(", epoch {epoch}"));
    }
    for turn in &entry.turns {
        let (from, to) = (turn.from, turn.to);
        let of = match entry.turns.len() {
            1 => String::new(),
            _ => format!("{} ", turn.task),
        };
        text.push_str(&format!(", {of}{from} → {to}"));
    }
    text.push_str(&format!(", {}", entry.level));
    if let Some(rules) = entry.rules {
        text.push_str(&format!(", rules {}", rules.short()));
    }
    if let Some(reason) = &entry.reason {
        let reason = reason.lines().collect::<Vec<_>>().join(" ");
        text.push_str(&format!(": {}", safe(&reason)));
    }
    text.push('\n');
}
