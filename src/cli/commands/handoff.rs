use std::path::{Path, PathBuf};

use laneway::contract::handoff::HandoffView;
use laneway::domain::id::TaskId;
use laneway::domain::record::RootCause;
use laneway::ops::Site;
use laneway::ops::artifact::read_return;
use laneway::ops::handoff::{HandoffOptions, HandoffOutcome, handoff};
use laneway::ops::proof::ProofOptions;

use super::{Context, checks, diff};
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The task [default: the lane's]
    id: Option<TaskId>,
    /// The next slice: what comes after this
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    next: Option<String>,
    /// Take what is said from FILE, a return artifact as `show --return` prints it; options add
    /// to it
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
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
    /// The proof cannot be run, and why: the reviewer is shown it as not proven
    #[arg(long, value_name = "REASON", requires = "root_cause")]
    proof_not_run: Option<String>,
    /// Run the proof although nobody trusted it on this machine
    #[arg(long)]
    trust: bool,
    #[command(flatten)]
    dry: crate::cli::args::DryRun,
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let options = options(&site, args)?;
    let mut progress = checks::progress(context.screen, context.global.verbose);
    let outcome = handoff(&site, &options, &mut progress)?;
    let mut reply = Reply::new(&HandoffView::from(&outcome), text(&outcome));
    reply.notes.clone_from(&outcome.notes);
    Ok(reply.carried_out(&site, &outcome.mutation))
}

/// What is said on the command line, on top of what the file says.
fn options(site: &Site, args: &Args) -> Result<HandoffOptions, Failure> {
    let mut options = match &args.from {
        Some(path) => said_in(site, args, path)?,
        None => HandoffOptions::default(),
    };
    if let (Some(text), Some(layer), Some(proof)) = (&args.root_cause, &args.layer, &args.proof) {
        options.root_cause = Some(RootCause {
            text: text.clone(),
            layer: layer.clone(),
            proof: proof.clone(),
        });
    }
    if let Some(id) = &args.id {
        options.task = Some(id.clone());
    }
    if let Some(next) = &args.next {
        options.next.clone_from(next);
    }
    options.risks.extend(args.risks.iter().cloned());
    options.not_proven.extend(args.not_proven.iter().cloned());
    options.proof = ProofOptions {
        not_run: args.proof_not_run.clone(),
        trust: args.trust,
    };
    options.dry_run = args.dry.dry_run;
    Ok(options)
}

/// What a return artifact says; what git and the ledger say is not taken from it.
fn said_in(site: &Site, args: &Args, path: &Path) -> Result<HandoffOptions, Failure> {
    let file = read_return(site, path)?;
    let meant = site.task(args.id.as_ref())?;
    match file.task.value() {
        Some(task) if *task == meant => {}
        other => {
            let of = other.map_or_else(String::new, ToString::to_string);
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path} is the return of {of}, not of {meant}"
            )));
        }
    }
    Ok(HandoffOptions {
        task: Some(meant),
        next: file.next,
        risks: file.risks,
        not_proven: file.not_proven,
        root_cause: file.root_cause.map(RootCause::from),
        ..HandoffOptions::default()
    })
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
