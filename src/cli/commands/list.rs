use laneway::contract::task::ListView;
use laneway::domain::id::{AgentName, RoleName};
use laneway::domain::state::Status;
use laneway::ledger::yaml::closest;
use laneway::ops::look::{ListOptions, ListOutcome, list};
use laneway::ops::set_status::status_of;

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::Table;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// In this status; may be repeated
    #[arg(long, value_name = "STATUS", value_parser = status)]
    status: Vec<Status>,
    /// Of this role; may be repeated
    #[arg(long)]
    role: Vec<RoleName>,
    /// Held, or done, by this agent
    #[arg(long)]
    agent: Option<AgentName>,
    /// Show the tasks of the archive
    #[arg(long)]
    archived: bool,
    /// Show at most N tasks
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A status by its word or the playbook's.
pub(super) fn status(text: &str) -> Result<Status, String> {
    status_of(text).ok_or_else(|| {
        let words: Vec<&str> = Status::ALL.iter().map(|status| status.word()).collect();
        match closest(text, words.iter().copied()) {
            Some(near) => format!("no such status; did you mean `{near}`?"),
            None => format!("no such status; the statuses are {}", words.join(", ")),
        }
    })
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = ListOptions {
        statuses: args.status.clone(),
        roles: args.role.clone(),
        agent: args.agent.clone(),
        archived: args.archived,
        limit: args.limit,
    };
    let outcome = list(&site, &options)?;
    let text = text(&outcome, context.screen.width);
    let reply = Reply::new(&ListView::from(&outcome), text);
    let more = outcome.total - outcome.rows.len();
    let reply = if more > 0 {
        reply.note(format!("{more} more are left out"))
    } else {
        reply
    };
    Ok(reply.ledger(ledger_at(&site, outcome.tip)))
}

fn text(outcome: &ListOutcome, width: Option<u16>) -> String {
    if outcome.rows.is_empty() {
        return "no task\n".to_owned();
    }
    let mut table = Table::new(&["id", "status", "pri", "role", "agent", "title"], width);
    for row in &outcome.rows {
        let (task, state) = (&row.task, &row.state);
        let agent = row.agent().map_or("-".to_owned(), ToString::to_string);
        table.row([
            task.id.to_string(),
            match &row.late {
                Some(review) => format!("{}, {}", state.status(), review.late.lateness),
                None => state.status().to_string(),
            },
            task.priority.to_string(),
            task.role.to_string(),
            agent,
            task.title.clone(),
        ]);
    }
    table.text()
}
