use laneway::contract::trust::TrustView;
use laneway::domain::id::{TaskId, WorkstationName};
use laneway::ops::trust::{TrustOutcome, TrustSubject, trust, trust_workstation};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// The command probes of this workstation, instead of a task's checks
    #[arg(long, value_name = "WS", conflicts_with = "id")]
    workstation: Option<WorkstationName>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = match &args.workstation {
        Some(name) => trust_workstation(&site, name)?,
        None => trust(&site, args.id.as_ref())?,
    };
    Ok(Reply::new(&TrustView::from(&outcome), text(&outcome)))
}

fn text(outcome: &TrustOutcome) -> String {
    if outcome.commands.is_empty() {
        return match &outcome.subject {
            TrustSubject::Task(task) => format!("{task} owes no checks\n"),
            TrustSubject::Workstation(name) => format!("{name} has no command probe\n"),
        };
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
