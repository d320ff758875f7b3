use laneway::contract::handoff::HandoffView;
use laneway::domain::id::TaskId;
use laneway::domain::record::RootCause;
use laneway::ops::handoff::{HandoffOptions, HandoffOutcome, handoff};

use super::{Context, diff, ledger_after};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// The next slice: what comes after this
    #[arg(long, value_name = "TEXT")]
    next: String,
    /// A risk or blocker; may be repeated
    #[arg(long = "risk", value_name = "TEXT")]
    risks: Vec<String>,
    /// What the work does not prove; may be repeated
    #[arg(long = "not-proven", value_name = "TEXT")]
    not_proven: Vec<String>,
    /// Root cause in one sentence; owed by defects
    #[arg(long, value_name = "TEXT", requires_all = ["layer", "proof"])]
    root_cause: Option<String>,
    /// Layer or file that owns the fault
    #[arg(long, value_name = "PATH", requires = "root_cause")]
    layer: Option<String>,
    /// Command that shows the fault before, and its absence after
    #[arg(long, value_name = "CMD", requires = "root_cause")]
    proof: Option<String>,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let root_cause = match (&args.root_cause, &args.layer, &args.proof) {
        (Some(text), Some(layer), Some(proof)) => Some(RootCause {
            text: text.clone(),
            layer: layer.clone(),
            proof: proof.clone(),
        }),
        _ => None,
    };
    let options = HandoffOptions {
        task: args.id.clone(),
        next: args.next.clone(),
        risks: args.risks.clone(),
        not_proven: args.not_proven.clone(),
        root_cause,
        dry_run: args.dry.dry_run,
    };
    let outcome = handoff(&site, &options)?;
    let mut reply = Reply::new(&HandoffView::from(&outcome), text(&outcome));
    reply.notes.clone_from(&outcome.notes);
    Ok(reply.ledger(ledger_after(&site, &outcome.mutation)))
}

pub(super) fn text(outcome: &HandoffOutcome) -> String {
    if !outcome.mutation.carried_out {
        return diff(&outcome.mutation);
    }
    let mut text = format!("handed off {} at {}", outcome.task, outcome.commit.short());
    if let Some(handoff) = &outcome.handoff {
        let (commits, files) = (handoff.commits.len(), handoff.files.len());
        text.push_str(&format!(": commits {commits}, files {files}\n"));
        for file in &handoff.files {
            text.push_str(&format!("  {}\n", safe(file)));
        }
    } else {
        text.push('\n');
    }
    text.push_str(&format!("next: `laneway merge {}`\n", outcome.task));
    text
}
