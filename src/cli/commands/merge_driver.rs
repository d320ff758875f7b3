use std::path::PathBuf;

use laneway::contract::merge_driver::{MergeDriverView, MergeSetupView};
use laneway::ledger::plan_merge::Clash;
use laneway::ops::OpError;
use laneway::ops::merge_driver::{
    ATTRIBUTES, DRIVER, DriverOptions, DriverOutcome, Setup, drive, install, setup,
};

use super::Context;
use crate::cli::args::DryRun;
use crate::cli::failure::Failure;
use crate::cli::render::safe;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// The common ancestor (`%O`)
    base: Option<PathBuf>,
    /// Our version; the result is written here (`%A`)
    ours: Option<PathBuf>,
    /// Their version (`%B`)
    theirs: Option<PathBuf>,
    /// Length of a conflict marker (`%L`)
    #[arg(default_value_t = 7)]
    marker: usize,
    /// The file in the repository, for messages (`%P`)
    path: Option<String>,
    /// Names of ancestor, ours and theirs (`%S %X %Y`)
    #[arg(num_args = 0..=3)]
    labels: Vec<String>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Tell git, in this clone, to merge plan files by tasks and fields
    Install {
        #[command(flatten)]
        dry: DryRun,
    },
    /// Say whether git merges plan files by tasks in this clone
    Status,
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            Some(What::Install { .. }) => "merge-driver install",
            Some(What::Status) => "merge-driver status",
            None => "merge-driver",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let dir = context.global.dir.as_deref();
    match &args.what {
        Some(What::Install { dry }) => {
            let found = install(context.env, dir, dry.dry_run)?;
            let head = if dry.dry_run { "would set" } else { "set" };
            let command = found.command.as_deref().unwrap_or_default();
            let text = format!(
                "{head} merge.{DRIVER}.driver to: {}\n{}",
                safe(command),
                told(&found)
            );
            Ok(Reply::new(&MergeSetupView::from(&found), text).confirms(!dry.dry_run))
        }
        Some(What::Status) => {
            let found = setup(context.env, dir)?;
            let reply = Reply::new(&MergeSetupView::from(&found), told(&found));
            Ok(reply.negative(!found.works()))
        }
        None => merged(context, args),
    }
}

fn told(setup: &Setup) -> String {
    let mut text = String::new();
    let mut line = |holds: bool, fact: String, next: &str| {
        let (word, next) = match holds {
            true => ("yes", String::new()),
            false => ("no", format!(": {next}")),
        };
        text.push_str(&format!("{word:<4} {fact}{next}\n"));
    };
    line(
        setup.named(),
        format!("the attributes of plan files name `merge={DRIVER}`"),
        &format!(
            "`laneway init` writes {ATTRIBUTES}; another attributes file may speak against it"
        ),
    );
    line(
        setup.registered(),
        "this clone knows the driver's command".to_owned(),
        "`laneway merge-driver install`",
    );
    line(
        setup.program.is_some(),
        "`laneway` is found on the path".to_owned(),
        "until it is, git merges plans as text",
    );
    text
}

fn merged(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let (Some(base), Some(ours), Some(theirs)) = (&args.base, &args.ours, &args.theirs) else {
        let message = "a merge needs three files: `%O %A %B`".to_owned();
        return Err(OpError::Usage(message).into());
    };
    // A git that does not know a placeholder leaves it as it is.
    let label = |at: usize| {
        args.labels
            .get(at)
            .filter(|label| !label.starts_with('%'))
            .cloned()
    };
    let outcome = drive(
        context.env,
        &DriverOptions {
            base: base.clone(),
            ours: ours.clone(),
            theirs: theirs.clone(),
            marker: args.marker.clamp(1, 200),
            path: args.path.clone(),
            labels: [label(0), label(1), label(2)],
        },
    )?;
    let mut reply = Reply::new(&MergeDriverView::from(&outcome), String::new());
    for note in notes(&outcome) {
        reply = reply.note(note);
    }
    Ok(reply.negative(outcome.conflicts))
}

fn notes(outcome: &DriverOutcome) -> Vec<String> {
    let path = outcome.path.as_deref().unwrap_or("the plan");
    if let Some(why) = &outcome.textual {
        return vec![format!("{} was merged as text: {}", safe(path), safe(why))];
    }
    outcome
        .clashes
        .iter()
        .map(|clash| safe(&clashed(clash)))
        .collect()
}

/// A conflict in git's words: `A-1.priority: modified by both: ours 2, base 1, theirs 3`, or
/// `A-1: deleted by us, modified by them`.
fn clashed(clash: &Clash) -> String {
    let Clash {
        task,
        field,
        ours,
        base,
        theirs,
        ..
    } = clash;
    let name = match field {
        Some(field) => format!("{task}.{field}"),
        None => task.clone(),
    };
    // A task that is gone has no one value to show; a field has, on every side that has it.
    let (whole, before) = (field.is_none(), base.is_some());
    let did = |side: &Option<serde_json::Value>, who: &str| match side {
        None if before => format!("deleted by {who}"),
        None => format!("not added by {who}"),
        Some(_) if !before => format!("added by {who}"),
        Some(value) if whole || Some(value) == base.as_ref() => format!("modified by {who}"),
        Some(value) => format!("modified by {who} to {value}"),
    };
    match (ours, base, theirs) {
        (Some(ours), Some(base), Some(theirs)) if !whole => {
            format!("{name}: modified by both: ours {ours}, base {base}, theirs {theirs}")
        }
        (Some(ours), None, Some(theirs)) if !whole => {
            format!("{name}: added by both: ours {ours}, theirs {theirs}")
        }
        (Some(_), None, Some(_)) => format!("{name}: added by both"),
        _ => format!("{name}: {}, {}", did(ours, "us"), did(theirs, "them")),
    }
}
