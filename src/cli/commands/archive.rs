use laneway::contract::archive::ArchiveView;
use laneway::domain::archive::{Closed, Period, Recalled};
use laneway::domain::id::TaskId;
use laneway::domain::time::Timestamp;
use laneway::ops::OpError;
use laneway::ops::archive::{ArchiveOptions, ArchiveOutcome, archive};

use super::{Context, diff};
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// These tasks; with `--restore` also a month, such as 2026-10
    #[arg(value_name = "ID|MONTH", conflicts_with_all = ["before", "period"])]
    which: Vec<String>,
    /// All tasks that were closed before DATE
    #[arg(long, value_name = "DATE", conflicts_with = "period")]
    before: Option<Timestamp>,
    /// All tasks that were closed in a month, such as 2026-10 (UTC)
    #[arg(long, value_name = "MONTH")]
    period: Option<Period>,
    /// Give tasks back to plan and state, as they were
    #[arg(long, conflicts_with = "before")]
    restore: bool,
    #[command(flatten)]
    dry: DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let options = options(args)?;
    let site = context.site()?;
    let outcome = archive(&site, options, args.dry.dry_run)?;
    let mut reply = Reply::new(&ArchiveView::from(&outcome), text(&outcome, args.restore));
    for (id, why) in &outcome.kept {
        reply = reply.note(format!("{id} stays: {why}"));
    }
    if !outcome.on_target.is_empty() {
        let ids: Vec<&str> = outcome.on_target.iter().map(TaskId::as_str).collect();
        reply = reply.note(format!(
            "still in a plan file of the target, where a person takes it out: {}",
            ids.join(", ")
        ));
    }
    let reply = reply.negative(outcome.moved.is_empty());
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn options(args: &Args) -> Result<ArchiveOptions, Failure> {
    let ids = || -> Result<Vec<TaskId>, OpError> {
        args.which
            .iter()
            .map(|id| Ok(TaskId::new(id.clone())?))
            .collect()
    };
    let month = match args.which.as_slice() {
        [only] if args.restore => only.parse::<Period>().ok(),
        _ => None,
    };
    let period = args.period.clone().or(month);
    Ok(match (args.restore, period, args.before) {
        (false, None, Some(before)) => ArchiveOptions::Put(Closed::Before(before)),
        (false, Some(period), _) => ArchiveOptions::Put(Closed::In(period)),
        (true, Some(period), _) => ArchiveOptions::Restore(Recalled::Of(period)),
        (_, None, _) if args.which.is_empty() => {
            return Err(unsaid(args.restore));
        }
        (false, None, None) => ArchiveOptions::Put(Closed::Tasks(ids()?)),
        (true, None, _) => ArchiveOptions::Restore(Recalled::Tasks(ids()?)),
    })
}

/// Nothing says which tasks are meant.
fn unsaid(restore: bool) -> Failure {
    let (what, examples) = match restore {
        true => (
            "which tasks come back?",
            [
                "`laneway archive --restore A-001 A-002`: these tasks",
                "`laneway archive --restore 2026-10`: all that were archived for that month",
            ],
        ),
        false => (
            "which closed tasks are to be archived?",
            [
                "`laneway archive --before 2026-10-01`: all that were closed before that day",
                "`laneway archive A-001 A-002`: these tasks",
            ],
        ),
    };
    let failure = Failure::usage(what);
    examples.into_iter().fold(failure, Failure::hint)
}

fn text(outcome: &ArchiveOutcome, restore: bool) -> String {
    if outcome.moved.is_empty() {
        return match restore {
            true => "nothing to give back\n".to_owned(),
            false => "nothing to archive\n".to_owned(),
        };
    }
    if !outcome.mutation.carried_out {
        return diff(&outcome.mutation);
    }
    let done = if restore { "restored" } else { "archived" };
    let line = |(id, period): &(TaskId, Period)| format!("{done} {id} ({period})\n");
    outcome.moved.iter().map(line).collect()
}
