use laneway::contract::land::CompleteView;
use laneway::domain::id::{ObjectId, TaskId};
use laneway::ops::merge::{CompleteOptions, CompleteOutcome, complete};

use super::{Context, diff};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// Its commit on the target, vouched for by someone who may merge [default: found by its change]
    #[arg(long, value_name = "SHA", value_parser = full_id)]
    commit: Option<ObjectId>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

/// A vouched-for commit is named in full: what an abbreviation means changes with time.
fn full_id(text: &str) -> Result<ObjectId, String> {
    let wrong = |_| format!("not a full commit id; `git rev-parse {text}` gives it");
    text.parse().map_err(wrong)
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = CompleteOptions {
        task: args.id.clone(),
        commit: args.commit,
        dry_run: args.dry.dry_run,
    };
    let outcome = complete(&site, &options)?;
    let reply = Reply::new(&CompleteView::from(&outcome), text(&outcome));
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn text(outcome: &CompleteOutcome) -> String {
    if !outcome.mutation.carried_out {
        return diff(&outcome.mutation);
    }
    let (task, commit) = (&outcome.task, outcome.commit.short());
    format!("completed {task}: it is on the target as {commit}\n")
}
