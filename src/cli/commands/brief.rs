use laneway::contract::LedgerView;
use laneway::contract::brief::BriefView;
use laneway::domain::id::{LaneName, RoleName, TaskId};
use laneway::ops::brief::{BriefOptions, brief};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::render::markdown;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's, else the one that the agent has in progress]
    #[arg(conflicts_with_all = ["lane", "role"])]
    id: Option<TaskId>,
    /// The task of this lane, or what it could take
    #[arg(long, conflicts_with = "role")]
    lane: Option<LaneName>,
    /// Work of this role
    #[arg(long)]
    role: Option<RoleName>,
    /// Add a packet: for a bug fix, what a defect owes and what was tried before
    #[arg(long = "for", value_enum, value_name = "PACKET")]
    packet: Option<Packet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Packet {
    Bugfix,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = BriefOptions {
        task: args.id.clone(),
        lane: args.lane.clone(),
        role: args.role.clone(),
        bugfix: args.packet == Some(Packet::Bugfix),
    };
    let outcome = brief(&site, &options)?;
    let view = BriefView::from(&outcome);
    let (name, commit) = &outcome.ledger;
    Ok(Reply::new(&view, markdown(&view)).ledger(LedgerView::new(name, *commit)))
}
