use laneway::contract::task::ClaimedView;
use laneway::domain::id::{LaneName, RoleName, TaskId, WorkstationName};
use laneway::domain::request::ClaimWish;
use laneway::domain::state::Status;
use laneway::ops::claim::{ClaimOptions, ClaimOutcome, Lane, claim};
use laneway::ops::quota::quota;

use super::{Context, diff};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the next ready one]
    id: Option<TaskId>,
    /// Work of this role
    #[arg(long, conflicts_with = "lane")]
    role: Option<RoleName>,
    /// In this lane
    #[arg(long)]
    lane: Option<LaneName>,
    /// On this workstation [default: as the identity map routes]
    #[arg(long, value_name = "WS")]
    workstation: Option<WorkstationName>,
    /// Record what is left of what the agent may use; advice only [env: LANEWAY_QUOTA, by commas]
    #[arg(long, value_name = "NAME=VALUE")]
    quota: Vec<String>,
    /// The work is done on the host of that workstation; REF shows that it was handed over there
    #[arg(long, value_name = "REF", requires = "workstation", requires = "id")]
    remote: Option<String>,
    /// Leave the lane's worktree alone: the work is done elsewhere
    #[arg(long)]
    no_worktree: bool,
    /// Run the commands of readiness probes although nobody trusted them on this machine
    #[arg(long)]
    trust: bool,
    /// Judge expiry by this clock although it contradicts the ledger
    #[arg(long)]
    trust_clock: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let wish = ClaimWish {
        task: args.id.clone(),
        role: args.role.clone(),
        lane: args.lane.clone(),
        workstation: args.workstation.clone(),
        trust_clock: args.trust_clock,
        quota: quota(&site, &args.quota)?,
        remote: args.remote.clone(),
        ..ClaimWish::default()
    };
    let lane = if args.no_worktree || args.remote.is_some() {
        Lane::Leave
    } else {
        Lane::Open
    };
    let options = ClaimOptions {
        lane,
        trust: args.trust,
        dry_run: args.dry.dry_run,
    };
    let outcome = claim(&site, wish, options)?;
    let reply = Reply::new(&ClaimedView::from(&outcome), text(&outcome));
    let reply = reply.carried_out(&site, &outcome.mutation);
    // Which task it is was asked for, where none was named.
    let named = args.id.is_some() && reply.confirms;
    Ok(reply.confirms(named).ends(outcome.begun))
}

pub(super) fn text(outcome: &ClaimOutcome) -> String {
    let (task, claim) = (&outcome.task, &outcome.claim);
    if !outcome.mutation.carried_out {
        return diff(&outcome.mutation);
    }
    let mut text = format!("claimed {}: {}\n", task.id, safe(&task.title));
    text.push_str(&format!(
        "  agent {}, workstation {}, lane {}, epoch {}, until {}\n",
        claim.agent, claim.workstation, claim.lane, outcome.state.epoch, claim.expires_at
    ));
    if outcome.state.status() == Status::AwaitingScope {
        text.push_str(&format!(
            "  its scope is confirmed first: `laneway scope confirm {} --text …`\n",
            task.id
        ));
    }
    if let Some(routing) = &outcome.routing {
        text.push_str(&format!(
            "  why {}: {}\n",
            routing.workstation,
            safe(&routing.why)
        ));
    }
    if let Some(old) = &outcome.taken_from {
        text.push_str(&format!(
            "  taken over from {}, expired {}\n",
            old.agent, old.expires_at
        ));
    }
    if let Some(worktree) = &outcome.worktree {
        text.push_str(&format!(
            "  branch {} in {}\n",
            claim.branch,
            worktree.display()
        ));
    }
    text
}
