use laneway::contract::task::ReadyView;
use laneway::domain::id::{LaneName, RoleName};
use laneway::domain::refusal::{Holder, Unmet};
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
        text.extend(unmet.iter().map(condition));
    }
    let counts = outcome.held_back();
    if !counts.is_empty() {
        let counts = counts.iter().map(|(gate, count)| format!("{count} {gate}"));
        let counts: Vec<String> = counts.collect();
        let waiting = outcome.waiting.len();
        text.push_str(&format!("\n{waiting} wait: {}\n", counts.join(", ")));
    }
    text
}

/// A condition that does not hold: its gate, the fact, who holds it and until when, what to do.
fn condition(unmet: &Unmet) -> String {
    let kind = if unmet.warning { " (warning)" } else { "" };
    let mut text = format!("  {}{kind}: {}\n", unmet.gate, safe(&unmet.message));
    if let Some(held) = unmet
        .holder
        .as_ref()
        .and_then(|held| unsaid(held, &unmet.message))
    {
        text.push_str(&format!("    held by {held}\n"));
    }
    if let Some(hint) = &unmet.hint {
        text.push_str(&format!("    hint: {}\n", safe(hint)));
    }
    text
}

/// Who holds it, where the fact does not say so itself.
fn unsaid(holder: &Holder, said: &str) -> Option<String> {
    let agent = holder.agent.as_ref()?;
    let until = holder.until.map(|until| until.to_string());
    let told = |word: &str| said.contains(word);
    if told(agent.as_str()) && until.as_deref().is_none_or(told) {
        return None;
    }
    let until = until.map_or_else(String::new, |until| format!(" until {until}"));
    Some(format!("{agent}{until}"))
}
