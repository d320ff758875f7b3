use std::path::PathBuf;

use laneway::contract::package::PackageView;
use laneway::contract::validate::ValidateView;
use laneway::domain::id::TaskId;
use laneway::domain::rules::Severity;
use laneway::ops::package::{NewOptions, NewOutcome, Subject, check, new};

use super::{Context, diff_of};
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write the work package of a task into the working tree, for a commit or pull request
    New {
        /// The task
        id: TaskId,
        /// Let the scope be confirmed before work on it
        #[arg(long)]
        scope_confirmation: bool,
        #[command(flatten)]
        dry: crate::cli::args::DryRun,
    },
    /// Check work packages of the working tree: front matter, sections, agreement with the task
    Check {
        /// A task, or a file [default: all of `governance/packages/`]
        #[arg(value_name = "ID|PATH")]
        what: Option<String>,
    },
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::New { .. } => "package new",
            What::Check { .. } => "package check",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    match &args.what {
        What::New {
            id,
            scope_confirmation,
            dry,
        } => {
            let options = NewOptions {
                task: id.clone(),
                scope_confirmation: *scope_confirmation,
                dry_run: dry.dry_run,
            };
            let outcome = new(&context.site()?, &options)?;
            let text = told(&outcome, dry.dry_run);
            Ok(Reply::new(&PackageView::from(&outcome), text).confirms(!dry.dry_run))
        }
        What::Check { what } => run_check(context, what.as_deref()),
    }
}

fn told(outcome: &NewOutcome, dry_run: bool) -> String {
    if dry_run {
        return diff_of(&outcome.files);
    }
    let file = outcome.file.display();
    let next = if outcome.named {
        format!("{} names it: commit both\n", outcome.task)
    } else {
        format!(
            "next: `laneway edit {} --set package={}`, and commit the file\n",
            outcome.task, outcome.name
        )
    };
    format!("wrote {file}\n{next}")
}

fn run_check(context: &Context<'_>, what: Option<&str>) -> Result<Reply, Failure> {
    let site = context.site()?;
    let is_path = |text: &str| text.contains('/') || text.ends_with(".md");
    let subject = match what {
        None => Subject::All,
        Some(text) if is_path(text) => {
            let dir = match context.global.dir.as_deref() {
                Some(dir) => context.env.dir.join(dir),
                None => context.env.dir.clone(),
            };
            Subject::File(dir.join(PathBuf::from(text)))
        }
        Some(text) => Subject::Task(
            text.parse()
                .map_err(|error| Failure::usage(format!("{error}")))?,
        ),
    };
    let report = check(&site, &subject)?;
    let color = context.screen.color;
    let mut text: String = report
        .files
        .iter()
        .map(|file| render::findings(file, color))
        .collect();
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    text.push_str(&format!(
        "{} read: {}, {}\n",
        count(report.checked, "package"),
        count(report.count(Severity::Error), "error"),
        count(report.count(Severity::Warning), "warning")
    ));
    Ok(Reply::new(&ValidateView::from(&report), text).negative(!report.is_sound()))
}
