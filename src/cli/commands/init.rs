use laneway::contract::plan::InitView;
use laneway::domain::id::{BranchName, RemoteName, RoleName};
use laneway::ops::init::{InitOptions, InitOutcome, init};

use super::Context;
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Who decides: this repository, or a remote
    #[arg(long, value_enum, default_value_t = Authority::Local)]
    authority: Authority,
    /// The remote that decides
    #[arg(long, value_name = "NAME", default_value = "origin")]
    remote: RemoteName,
    /// The integration branch [default: the branch that is checked out]
    #[arg(long, value_name = "BRANCH")]
    target: Option<BranchName>,
    /// A role, with its number of lanes; may be repeated
    #[arg(long = "role", value_name = "NAME[:LANES]", value_parser = role)]
    roles: Vec<(RoleName, u16)>,
    /// Publish target and ledger to the remote
    #[arg(long)]
    push: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Authority {
    Local,
    Remote,
}

fn role(text: &str) -> Result<(RoleName, u16), String> {
    let (name, lanes) = match text.split_once(':') {
        None => (text, 1),
        Some((name, lanes)) => {
            let lanes = lanes.parse().ok().filter(|lanes| *lanes > 0);
            (
                name,
                lanes.ok_or("after the colon stands the number of lanes, from 1")?,
            )
        }
    };
    let name = RoleName::new(name).map_err(|error| error.to_string())?;
    Ok((name, lanes))
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let options = InitOptions {
        remote: (args.authority == Authority::Remote).then(|| args.remote.clone()),
        target: args.target.clone(),
        ledger: context.global.ledger.clone(),
        roles: args.roles.clone(),
        push: args.push,
        dry_run: args.dry.dry_run,
    };
    let outcome = init(context.env, context.global.dir.as_deref(), &options)?;
    let reply = Reply::new(&InitView::from(&outcome), text(&outcome, args.dry.dry_run));
    Ok(reply.confirms(!args.dry.dry_run))
}

fn text(outcome: &InitOutcome, dry_run: bool) -> String {
    let mut text = String::new();
    let verb = if dry_run { "would write" } else { "wrote" };
    for file in &outcome.files {
        text.push_str(&format!("{verb} {file}\n"));
    }
    let (target, commit) = &outcome.target;
    if outcome.created {
        text.push_str(&format!("created the ledger `{}`\n", outcome.ledger));
    }
    if outcome.files.is_empty() && !outcome.created && outcome.next.is_none() {
        text.push_str(&format!(
            "nothing to do: `{target}` is governed since before\n"
        ));
    } else if !dry_run && !outcome.files.is_empty() {
        text.push_str(&format!("`{target}` is at {}\n", commit.short()));
    }
    if let Some(next) = &outcome.next {
        text.push_str(&format!("next: {next}\n"));
    }
    text
}
