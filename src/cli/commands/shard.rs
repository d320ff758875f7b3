use laneway::contract::shard::ShardView;
use laneway::ops::OpError;
use laneway::ops::shard::{By, Wish, shard};

use super::{Context, diff_of};
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

/// What git cannot know of a plan that was split.
const OPEN_BRANCHES: &str = "\
Split or join while no branch that changes the plan is open. A task that such a branch takes out of \
the old file stays in the new one when the branch is merged, and git sees no conflict: take it out \
there as well.";

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true, after_help = OPEN_BRANCHES)]
pub struct Args {
    /// What decides where a task goes
    #[arg(
        long,
        value_enum,
        required_unless_present = "join",
        conflicts_with = "join"
    )]
    by: Option<Kind>,
    /// Most tasks of a file, with `--by count` [default: 100]
    #[arg(value_name = "N", conflicts_with = "join")]
    count: Option<usize>,
    /// Join `governance/queue/*.yaml` into `governance/queue.yaml`
    #[arg(long)]
    join: bool,
    #[command(flatten)]
    dry: DryRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// One file for each role
    Role,
    /// One file for each parent
    Parent,
    /// Files of so many tasks
    Count,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let wish = match (args.by, args.count) {
        (None, _) => Wish::Join,
        (Some(Kind::Role), None) => Wish::Split(By::Role),
        (Some(Kind::Parent), None) => Wish::Split(By::Parent),
        (Some(Kind::Count), count) => Wish::Split(By::Count(count.unwrap_or(100))),
        (Some(_), Some(_)) => {
            let message = "a number goes with `--by count` only".to_owned();
            return Err(OpError::Usage(message).into());
        }
    };
    let site = context.site()?;
    let sharded = shard(&site, wish, args.dry.dry_run)?;
    let text = if args.dry.dry_run {
        diff_of(&sharded.changes)
    } else {
        let mut text = String::new();
        for (path, tasks) in &sharded.files {
            text.push_str(&format!("{tasks:>6} tasks  {path}\n"));
        }
        text + "the same tasks as before: commit them\n"
    };
    Ok(Reply::new(&ShardView::from(&sharded), text).confirms(sharded.written))
}
