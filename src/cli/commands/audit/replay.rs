//! `audit replay`.

use laneway::audit::At;
use laneway::contract::replay::ReplayView;
use laneway::domain::id::TaskId;
use laneway::domain::time::{Span, Timestamp};
use laneway::ops::Site;
use laneway::ops::replay::{ReplayOptions, ReplayOutcome, replay};

use crate::cli::commands::{Context, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: all]
    id: Option<TaskId>,
    /// Right after this ledger commit, or after the last one up to this moment (RFC 3339) or day,
    /// which counts; the order is that of the ledger, since clocks may lie
    #[arg(long, value_name = "COMMIT|TIME", required = true)]
    at: String,
}

fn moment(site: &Site, text: &str) -> Result<At, Failure> {
    if let Ok(time) = text.parse::<Timestamp>() {
        // A day counts to its last second.
        let rest = if text.len() == 10 { 86_399 } else { 0 };
        return Ok(At::Time(time.plus(Span::from_seconds(rest))));
    }
    match site.repo().commit_named(text)? {
        Some(commit) => Ok(At::Commit(commit)),
        None => {
            let text = text.escape_debug();
            Err(
                Failure::usage(format!("`{text}` names no commit, and is no time"))
                    .hint("a time is written `2026-11-20T09:00:00Z`, a day `2026-11-20`"),
            )
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = ReplayOptions {
        at: moment(&site, &args.at)?,
        task: args.id.clone(),
    };
    let Some(outcome) = replay(&site, &options)? else {
        let message = match options.at {
            At::Commit(commit) => format!("{commit} is no commit of the ledger"),
            At::Time(time) => format!("the ledger has no commit up to {time}"),
        };
        return Err(Failure::usage(message));
    };
    let text = text(&outcome, context.screen.width);
    let reply = Reply::new(&ReplayView::from(&outcome), text);
    Ok(reply.ledger(ledger_at(&site, Some(outcome.taken.commit))))
}

fn text(outcome: &ReplayOutcome, width: Option<u16>) -> String {
    let (taken, snapshot) = (&outcome.taken, &outcome.snapshot);
    let mut text = format!(
        "{} {} ({})\n",
        taken.commit.short(),
        taken.at,
        safe(&outcome.summary)
    );
    if taken.ahead > 0 {
        text.push_str(&format!(
            "{} commits before it have clocks that showed a later time\n",
            taken.ahead
        ));
    }
    let law = snapshot.marker.as_ref().map(|marker| marker.law);
    let law = law.map_or_else(String::new, |law| format!(", law {law}"));
    let mode = snapshot.rules.identity.mode;
    let rules = snapshot.rules.at.short();
    text.push_str(&format!("rules {rules}{law}, identity map {mode}\n"));
    let counts = outcome.counts.iter();
    let mut counts: Vec<String> = counts.map(|(status, n)| format!("{n} {status}")).collect();
    counts.push(format!("{} ready", outcome.ready));
    text.push_str(&format!("{}\n", counts.join(", ")));
    if outcome.rows.is_empty() {
        return text;
    }
    let headings = [
        "id",
        "status",
        "epoch",
        "agent",
        "workstation",
        "lane",
        "title",
    ];
    let mut table = Table::new(&headings, width);
    for row in &outcome.rows {
        let claim = row.state.claim();
        let of = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let status = row.state.status();
        table.row([
            row.task.id.to_string(),
            match outcome.expired.contains(&row.task.id) {
                true => format!("{status}, expired"),
                false => status.to_string(),
            },
            row.state.epoch.to_string(),
            of(row.agent().map(ToString::to_string)),
            of(claim.map(|claim| claim.workstation.to_string())),
            of(claim.map(|claim| claim.lane.to_string())),
            row.task.title.clone(),
        ]);
    }
    text.push_str(&table.text());
    text
}
