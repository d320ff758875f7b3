use laneway::contract::land::MergeView;
use laneway::domain::id::TaskId;
use laneway::ops::merge::{Landed, MergeOptions, MergeOutcome, merge};

use super::{Context, checks, ledger_at};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// All submitted work, in the order in which it can land
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// Run the checks although nobody trusted them on this machine
    #[arg(long)]
    trust: bool,
    /// Change nothing; show what would land, in which order, and what is refused
    #[arg(long)]
    dry_run: bool,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = MergeOptions {
        task: args.id.clone(),
        all: args.all,
        trust: args.trust,
        dry_run: args.dry_run,
    };
    let mut progress = checks::progress(context.screen, context.global.verbose);
    let outcome = merge(&site, &options, &mut progress)?;
    let mut reply = Reply::new(&MergeView::from(&outcome), text(&outcome, args.dry_run));
    for (_, landed) in &outcome.landed {
        if let Landed::Done { notes, .. } = landed {
            reply.notes.extend(notes.iter().cloned());
        }
    }
    let tip = site.ledger.tip().ok().flatten();
    Ok(reply
        .negative(!outcome.all_landed())
        .confirms(!args.dry_run)
        .ledger(ledger_at(&site, tip)))
}

pub(super) fn text(outcome: &MergeOutcome, dry_run: bool) -> String {
    let mut text = String::new();
    for (id, landed) in &outcome.landed {
        text.push_str(&line(id, landed, dry_run));
    }
    for (id, refusal) in &outcome.refused {
        text.push_str(&format!("refused {id}: {}\n", safe(&refusal.to_string())));
    }
    if text.is_empty() {
        text.push_str("nothing is handed off\n");
    }
    text
}

fn line(id: &TaskId, landed: &Landed, dry_run: bool) -> String {
    match landed {
        Landed::Done { commit, onto, .. } if commit == onto => {
            format!(
                "landed {id}: no commits, the target stays at {}\n",
                onto.short()
            )
        }
        Landed::Done { commit, onto, .. } => {
            format!("landed {id}: {} onto {}\n", commit.short(), onto.short())
        }
        Landed::Would { commit, checks } => {
            let text = format!("would land {id}: {}\n", commit.short());
            text + &checks::would_run(checks)
        }
        Landed::WouldAfter { others } => {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            format!("would land {id}: after {}\n", others.join(", "))
        }
        Landed::Conflict { paths } => {
            let went = if dry_run { "would go" } else { "went" };
            let mut text = format!(
                "conflict: {id} {went} back to its lane, or to the queue where that lane is \
                 taken: `laneway show {id}`\n"
            );
            for path in paths {
                text.push_str(&format!("  {}\n", safe(path)));
            }
            text
        }
        Landed::Behind { paths } => {
            let went = if dry_run { "would go" } else { "went" };
            let mut text = format!(
                "behind: {id} {went} back to its lane; the target has changed what others than \
                 the owner rebase on first: `laneway lane sync`\n"
            );
            for path in paths {
                text.push_str(&format!("  {}\n", safe(path)));
            }
            text
        }
        Landed::ChecksFailed { checks } => {
            let text = checks::failures(checks);
            text + &format!(
                "not landed {id}: a check failed on the content that would land\n  \
                 next: `laneway return {id} --reason …`, then claim it again and mend it\n"
            )
        }
        Landed::Published { branch, commit } => {
            let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
            format!(
                "{id} may land: `{branch}` at {} is ready for its pull request, then \
                 `laneway complete {id}`\n",
                commit.short()
            )
        }
    }
}
