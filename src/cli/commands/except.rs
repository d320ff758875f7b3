use laneway::contract::except::{ExceptView, ExceptionView};
use laneway::domain::exception::ExceptAct;
use laneway::domain::id::TaskId;
use laneway::domain::time::Span;
use laneway::ops::except::{AskOptions, ExceptOutcome, ask, decide, list};

use super::{Context, attested, diff, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub struct Args {
    /// The task [default: the lane's; with `--list`: all]
    id: Option<TaskId>,
    /// Ask to lift this gate for the task
    #[arg(long, value_name = "GATE", group = "what")]
    #[arg(requires_all = ["adr", "reason", "rollback", "expires"])]
    gate: Option<String>,
    /// The file of the repository that records the decision
    #[arg(long, value_name = "PATH", requires = "gate")]
    adr: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", requires = "gate")]
    reason: Option<String>,
    /// How it is undone
    #[arg(long, value_name = "TEXT", requires = "gate")]
    rollback: Option<String>,
    /// How long it shall hold, such as `2d`
    #[arg(long, value_name = "TIME", requires = "gate")]
    expires: Option<Span>,
    /// Approve the exception with this number, as a person of the gate's seat
    #[arg(long, value_name = "N", group = "what")]
    approve: Option<u32>,
    /// Reject it
    #[arg(long, value_name = "N", group = "what")]
    reject: Option<u32>,
    /// Take its approval back
    #[arg(long, value_name = "N", group = "what")]
    revoke: Option<u32>,
    /// Why it is decided so
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["gate", "list"])]
    note: Option<String>,
    /// List exceptions that are open, in force or expired
    #[arg(long, group = "what")]
    list: bool,
    /// List those that were rejected and revoked too
    #[arg(long, requires = "list")]
    all: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let (id, dry_run) = (args.id.as_ref(), args.dry.dry_run);
    let outcome = match (&args.gate, decision(args)) {
        (Some(gate), _) => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let options = AskOptions {
                gate: gate.clone(),
                adr: text(&args.adr),
                reason: text(&args.reason),
                rollback: text(&args.rollback),
                expires: args.expires.unwrap_or(Span::from_seconds(0)),
            };
            ask(&site, id, &options, dry_run)?
        }
        (None, Some(act)) => decide(&site, id, act, dry_run)?,
        (None, None) => list(&site, id, args.all)?,
    };
    let view = ExceptView::from(&outcome);
    let reply = Reply::new(&view, safe(&text(&outcome, &view)));
    Ok(match &outcome.mutation {
        Some(mutation) => reply.carried_out(&site, mutation),
        None => reply.ledger(ledger_at(&site, site.ledger.tip().ok().flatten())),
    })
}

fn decision(args: &Args) -> Option<ExceptAct> {
    let note = args.note.clone();
    match (args.approve, args.reject, args.revoke) {
        (Some(exception), _, _) => Some(ExceptAct::Approve { exception, note }),
        (_, Some(exception), _) => Some(ExceptAct::Reject { exception, note }),
        (_, _, Some(exception)) => Some(ExceptAct::Revoke { exception, note }),
        (None, None, None) => None,
    }
}

fn text(outcome: &ExceptOutcome, view: &ExceptView) -> String {
    match &outcome.mutation {
        Some(mutation) if !mutation.carried_out => diff(mutation),
        Some(_) => view.exceptions.iter().map(told).collect(),
        None => {
            let mut text: String = view.exceptions.iter().map(listed).collect();
            let counts = view.counts.iter();
            let counts: Vec<String> = counts
                .map(|count| format!("{} {}", count.count, count.status))
                .collect();
            text.push_str(&match counts.as_slice() {
                [] => "no exception\n".to_owned(),
                counts => format!("{}\n", counts.join(", ")),
            });
            text
        }
    }
}

fn told(one: &ExceptionView) -> String {
    let ExceptionView {
        task, number, gate, ..
    } = one;
    if one.status != "open" {
        return format!("exception {number} of {task} is {}\n", one.status);
    }
    let seat = one.seat.as_deref().unwrap_or("override");
    format!(
        "asked to lift {gate} for {task} until {}: exception {number}\n\
         next: `laneway except {task} --approve {number}` by a person with the seat {seat}\n",
        one.until
    )
}

fn listed(one: &ExceptionView) -> String {
    let word = match one.status.as_str() {
        "rejected" | "revoked" => "by",
        _ => "approved by",
    };
    let decided = one.decided_by.as_ref().map(|by| {
        let by = attested(by, one.decided_level.as_deref());
        format!(", {word} {by}")
    });
    format!(
        "{} exception {}: {} of {}, until {}, asked by {}, {}{}, used {} times\n  {}\n  way back: {}\n  {}\n",
        one.task,
        one.number,
        one.gate,
        one.seat.as_deref().unwrap_or("nobody"),
        one.until,
        attested(&one.by, one.level.as_deref()),
        one.status,
        decided.unwrap_or_default(),
        one.uses,
        one.reason,
        one.rollback,
        one.adr,
    )
}
