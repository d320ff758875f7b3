use laneway::contract::task::ReadyView;
use laneway::domain::id::{LaneName, RoleName};
use laneway::ops::look::{ReadyOptions, ReadyOutcome, ready};

use super::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Work of this role
    #[arg(long, conflicts_with = "lane")]
    role: Option<RoleName>,
    /// Work that this lane could take
    #[arg(long)]
    lane: Option<LaneName>,
    /// Say of every other open task what stands against it, and who holds it
    #[arg(long)]
    explain: bool,
    /// Show at most N tasks
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = ReadyOptions {
        role: args.role.clone(),
        lane: args.lane.clone(),
        explain: args.explain,
        limit: args.limit,
    };
    let outcome = ready(&site, &options)?;
    let text = text(&outcome, context.screen.width);
    let reply = Reply::new(&ReadyView::from(&outcome), text)
        .negative(outcome.ready.is_empty() && !outcome.more);
    let reply = if outcome.more {
        reply.note("more are ready")
    } else {
        reply
    };
    Ok(reply.ledger(ledger_at(&site, outcome.tip)))
}

fn text(outcome: &ReadyOutcome, width: Option<u16>) -> String {
    let mut text = String::new();
    if outcome.ready.is_empty() {
        let of = outcome.agent.as_ref().map(|agent| format!(" for {agent}"));
        text.push_str(&format!("nothing is ready{}\n", of.unwrap_or_default()));
    } else {
        let mut table = Table::new(&["id", "pri", "role", "type", "title"], width);
        for row in &outcome.ready {
            let task = &row.task;
            table.row([
                task.id.to_string(),
                task.priority.to_string(),
                task.role.to_string(),
                task.task_type
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), ToString::to_string),
                task.title.clone(),
            ]);
        }
        text.push_str(&table.text());
    }
    for (row, unmet) in &outcome.waiting {
        text.push_str(&format!("\n{} {}\n", row.task.id, safe(&row.task.title)));
        for unmet in unmet {
            let kind = if unmet.warning { "warning" } else { unmet.gate };
            text.push_str(&format!("  {kind}: {}\n", safe(&unmet.message)));
            if let Some(hint) = &unmet.hint {
                text.push_str(&format!("    hint: {}\n", safe(hint)));
            }
        }
    }
    text
}
