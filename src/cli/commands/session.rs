use laneway::contract::own::ChangedView;
use laneway::contract::session::{SessionListView, TotalView, duration};
use laneway::domain::id::{AgentName, TaskId};
use laneway::domain::session::SessionAct;
use laneway::domain::time::{Span, Timestamp};
use laneway::ops::session::{SessionOptions, list, session};

use super::{Context, diff, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::Table;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Args)]
struct Act {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

#[derive(Debug, clap::Args)]
struct List {
    /// The task [default: all]
    id: Option<TaskId>,
    /// Sessions of this agent
    #[arg(long, value_name = "AGENT")]
    agent: Option<AgentName>,
    /// What was worked from this day or moment on
    #[arg(long, value_name = "DATE")]
    since: Option<Timestamp>,
    /// What was worked up to this day, which counts, or moment
    #[arg(long, value_name = "DATE", value_parser = until)]
    until: Option<Timestamp>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Count time again
    Start(Act),
    /// Stop counting time; the claim stays
    Stop(Act),
    /// List sessions, with totals by task, agent and day
    List(List),
}

/// A day counts to its end.
fn until(text: &str) -> Result<Timestamp, String> {
    let moment: Timestamp = text.parse().map_err(|error| format!("{error}"))?;
    match text.len() {
        10 => Ok(moment.plus(Span::from_seconds(86_400))),
        _ => Ok(moment),
    }
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Start(_) => "session start",
            What::Stop(_) => "session stop",
            What::List(_) => "session list",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    match &args.what {
        What::Start(args) => run_act(context, args, SessionAct::Start),
        What::Stop(args) => run_act(context, args, SessionAct::Stop),
        What::List(args) => run_list(context, args),
    }
}

fn run_act(context: &Context<'_>, args: &Act, act: SessionAct) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = session(&site, args.id.as_ref(), act, args.dry.dry_run)?;
    let id = outcome.tasks.first().map(ToString::to_string);
    let id = id.unwrap_or_default();
    let text = match act {
        _ if !outcome.mutation.carried_out => diff(&outcome.mutation),
        SessionAct::Start => format!("time counts for {id}\n"),
        SessionAct::Stop => format!("time does not count for {id}\n"),
    };
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn run_list(context: &Context<'_>, args: &List) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = SessionOptions {
        task: args.id.clone(),
        agent: args.agent.clone(),
        since: args.since,
        until: args.until,
    };
    let outcome = list(&site, &options)?;
    let view = SessionListView::from(&outcome);
    let text = text(&view, context.screen.width);
    Ok(Reply::new(&view, text).ledger(ledger_at(&site, outcome.tip)))
}

fn text(view: &SessionListView, width: Option<u16>) -> String {
    if view.sessions.is_empty() {
        return "no session\n".to_owned();
    }
    let headings = ["id", "agent", "workstation", "started", "ended", "time"];
    let mut table = Table::new(&headings, width);
    for session in &view.sessions {
        table.row([
            session.id.clone(),
            session.agent.clone(),
            session.workstation.clone(),
            session.started.clone(),
            session.ended.clone().unwrap_or_else(|| "open".to_owned()),
            duration(session.seconds),
        ]);
    }
    let mut text = table.text();
    for (heading, totals) in [
        ("by task", &view.by_task),
        ("by agent", &view.by_agent),
        ("by day", &view.by_day),
    ] {
        text.push_str(&format!("\n{heading}\n"));
        for TotalView { of, seconds } in totals {
            text.push_str(&format!("  {of} {}\n", duration(*seconds)));
        }
    }
    text.push_str(&format!("\ntotal {}\n", duration(view.total_seconds)));
    text
}
