use laneway::contract::lane::{LaneAddedView, LaneListView, LaneRemovedView, LaneSyncedView};
use laneway::domain::id::LaneName;
use laneway::ops::lane::{add, list, remove, sync};
use laneway::workspace::{LaneStatus, Stands, Synced};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::{Table, safe};
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Make the worktree of a lane at the target
    Add {
        /// The lane, such as `A-backend:2`
        lane: LaneName,
        #[command(flatten)]
        dry: crate::cli::args::DryRun,
    },
    /// Show the lanes of this machine and what is in them
    List,
    /// Rebase a lane on the target
    Sync {
        /// The lane [default: the one around the directory]
        lane: Option<LaneName>,
        #[command(flatten)]
        dry: crate::cli::args::DryRun,
    },
    /// Remove the worktree of a lane, and its branch, when nothing would be lost
    Remove {
        /// The lane
        lane: LaneName,
        #[command(flatten)]
        dry: crate::cli::args::DryRun,
    },
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Add { .. } => "lane add",
            What::List => "lane list",
            What::Sync { .. } => "lane sync",
            What::Remove { .. } => "lane remove",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    match &args.what {
        What::Add { lane, dry } => run_add(context, lane, dry.dry_run),
        What::List => run_list(context),
        What::Sync { lane, dry } => run_sync(context, lane.as_ref(), dry.dry_run),
        What::Remove { lane, dry } => run_remove(context, lane, dry.dry_run),
    }
}

fn run_add(context: &Context<'_>, lane: &LaneName, dry_run: bool) -> Result<Reply, Failure> {
    let added = add(&context.site()?, lane, dry_run)?;
    let verb = match (added.created, dry_run) {
        (true, true) => "would make",
        (true, false) => "made",
        (false, _) => "found",
    };
    let text = format!("{verb} {lane} in {}\n", added.path.display());
    Ok(Reply::new(&LaneAddedView::from(&added), safe(&text)).confirms(!dry_run))
}

fn run_list(context: &Context<'_>) -> Result<Reply, Failure> {
    let lanes = list(&context.site()?)?;
    let text = table(&lanes, context.screen.width);
    let view = LaneListView::from(lanes.as_slice());
    Ok(Reply::new(&view, text))
}

fn table(lanes: &[LaneStatus], width: Option<u16>) -> String {
    if lanes.is_empty() {
        return "no lane has a worktree here\n".to_owned();
    }
    let headings = ["lane", "task", "agent", "commit", "target", "state", "path"];
    let mut table = Table::new(&headings, width);
    for lane in lanes {
        let bound = lane.binding.as_ref().ok().and_then(Option::as_ref);
        let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let head = lane.head.map(|head| head.short());
        table.row([
            text(lane.lane.as_ref().map(ToString::to_string)),
            text(bound.map(|bound| bound.task.to_string())),
            text(bound.map(|bound| bound.agent.to_string())),
            text(head.map(|head| format!("{head} {}", lane.subject))),
            format!("+{} -{}", lane.ahead, lane.behind),
            state(lane),
            lane.path.display().to_string(),
        ]);
    }
    table.text()
}

/// What is unusual about a lane, or `clean`.
fn state(lane: &LaneStatus) -> String {
    let mut said = Vec::new();
    if !lane.dirty.is_empty() {
        said.push(format!("{} changed", lane.dirty.len()));
    }
    if lane.untracked > 0 {
        said.push(format!("{} untracked", lane.untracked));
    }
    if let Some(operation) = lane.operation {
        said.push(format!("{operation} in progress"));
    }
    if let Some(reason) = &lane.locked {
        said.push(format!("locked {reason}").trim_end().to_owned());
    }
    if lane.binding.is_err() {
        said.push("binding unreadable".to_owned());
    }
    match &lane.stands {
        Stands::Gone => said.push("directory gone".to_owned()),
        Stands::Unfinished => said.push("being made".to_owned()),
        Stands::Other(what) => said.push(format!("no worktree: {what}")),
        Stands::Worktree if lane.orphan => said.push("no lane of policy".to_owned()),
        Stands::Worktree => {}
    }
    if said.is_empty() {
        "clean".to_owned()
    } else {
        said.join(", ")
    }
}

fn run_sync(
    context: &Context<'_>,
    lane: Option<&LaneName>,
    dry_run: bool,
) -> Result<Reply, Failure> {
    let site = context.site()?;
    let outcome = sync(&site, lane, dry_run)?;
    let path = outcome.path.display();
    let text = match &outcome.synced {
        Synced::Rebased(_) if dry_run => format!("would rebase {path} on the target\n"),
        Synced::Rebased(tip) => format!("rebased {path} on the target: {}\n", tip.short()),
        Synced::Current(tip) => format!("{path} is on the target: {}\n", tip.short()),
        Synced::Conflict { paths } => {
            let mut text = format!("{path} conflicts with the target; nothing was changed:\n");
            for path in paths {
                text.push_str(&format!("  {path}\n"));
            }
            text
        }
    };
    let target = site.ledger.target_ref.trim_start_matches("refs/");
    let target = target.trim_start_matches("heads/");
    let conflict = matches!(outcome.synced, Synced::Conflict { .. });
    let reply = Reply::new(&LaneSyncedView::from(&outcome), safe(&text))
        .negative(conflict)
        .confirms(!dry_run);
    Ok(if conflict {
        reply.note(format!(
            "`git rebase {target}` in the lane, and resolve what conflicts"
        ))
    } else {
        reply
    })
}

fn run_remove(context: &Context<'_>, lane: &LaneName, dry_run: bool) -> Result<Reply, Failure> {
    let path = remove(&context.site()?, lane, dry_run)?;
    let verb = if dry_run { "would remove" } else { "removed" };
    let view = LaneRemovedView {
        path: path.display().to_string(),
        removed: !dry_run,
    };
    let text = format!("{verb} {}\n", path.display());
    Ok(Reply::new(&view, safe(&text)).confirms(!dry_run))
}
