use laneway::contract::check::ChecksView;
use laneway::domain::id::TaskId;
use laneway::ops::check::{CheckOptions, CheckOutcome, check};

use super::{Context, checks, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// Run the commands although nobody trusted them on this machine
    #[arg(long)]
    trust: bool,
    /// Run them in a temporary worktree that holds the commit and nothing else
    #[arg(long)]
    clean: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let mut progress = checks::progress(context.screen, context.global.verbose);
    let options = CheckOptions {
        task: args.id.clone(),
        trust: args.trust,
        clean: args.clean,
        dry_run: args.dry.dry_run,
    };
    let outcome = check(&site, &options, &mut progress)?;
    let reply = Reply::new(&ChecksView::from(&outcome), text(&outcome));
    let reply = reply.negative(!outcome.passed());
    Ok(match &outcome.mutation {
        Some(mutation) => reply.carried_out(&site, mutation),
        None => reply
            .confirms(!args.dry.dry_run)
            .ledger(ledger_at(&site, site.ledger.tip().ok().flatten())),
    })
}

fn text(outcome: &CheckOutcome) -> String {
    let (task, commit) = (&outcome.task, outcome.commit.short());
    if outcome.owed.is_empty() {
        return format!("{task} owes no checks\n");
    }
    if outcome.runs.is_empty() {
        return checks::would_run(&outcome.owed);
    }
    let mut text = checks::failures(&outcome.runs);
    let passed = outcome.runs.iter().filter(|run| run.passed()).count();
    text.push_str(&format!(
        "{task}: {passed} of {} checks passed on {commit}{}, recorded\n",
        outcome.runs.len(),
        if outcome.clean { " alone" } else { "" }
    ));
    text
}
