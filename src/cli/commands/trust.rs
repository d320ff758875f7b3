use laneway::checks::NewCommand;
use laneway::contract::trust::TrustView;
use laneway::domain::id::{TaskId, WorkstationName};
use laneway::ops::trust::{
    TrustOutcome, TrustQuestion, TrustSubject, grant, of_task, of_workstation,
};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// This command besides, such as the proof of a root cause; may be repeated
    #[arg(long = "command", value_name = "CMD")]
    commands: Vec<String>,
    /// The command probes of this workstation, instead of a task's checks
    #[arg(long, value_name = "WS", conflicts_with_all = ["id", "commands"])]
    workstation: Option<WorkstationName>,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let question = match &args.workstation {
        Some(name) => of_workstation(&site, name)?,
        None => of_task(&site, args.id.as_ref(), &args.commands)?,
    };
    let declined = declined(context, &question);
    let outcome = grant(&site, question, &declined)?;
    let reply = Reply::new(&TrustView::from(&outcome), text(&outcome));
    Ok(reply.confirms(true).negative(!outcome.declined.is_empty()))
}

/// The places of the commands that a person at the terminal says no to. Where nobody can be asked,
/// running the verb is the decision.
fn declined(context: &Context<'_>, question: &TrustQuestion) -> Vec<usize> {
    if !context.screen.can_ask(context.global.no_input) {
        return Vec::new();
    }
    let new = question.new.iter().enumerate();
    new.filter(|(_, new)| !context.screen.confirms(&format!("trust {}?", shown(new))))
        .map(|(n, _)| n)
        .collect()
}

/// A command, with what differs from what it was.
fn shown(new: &NewCommand) -> String {
    match new.difference() {
        Some(difference) => format!("{}\n  changed: {difference}", new.command),
        None => new.command.clone(),
    }
}

fn text(outcome: &TrustOutcome) -> String {
    if outcome.commands.is_empty() {
        return match &outcome.subject {
            TrustSubject::Task(task) => format!("{task} owes no checks\n"),
            TrustSubject::Workstation(name) => format!("{name} has no command probe\n"),
        };
    }
    let among = |list: &[NewCommand], command: &String| {
        list.iter().find(|new| new.command == *command).cloned()
    };
    let lines = outcome.commands.iter().map(|command| {
        if let Some(new) = among(&outcome.new, command) {
            format!("trusted now: {}\n", safe(&shown(&new)))
        } else if let Some(new) = among(&outcome.declined, command) {
            format!("declined: {}\n", safe(&shown(&new)))
        } else {
            format!("trusted before: {}\n", safe(command))
        }
    });
    lines.collect()
}
