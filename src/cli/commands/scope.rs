use laneway::contract::own::ChangedView;
use laneway::domain::id::TaskId;
use laneway::domain::scope::ScopeRecord;
use laneway::ops::own::TaskOutcome;
use laneway::ops::scope::scope;

use super::{Context, diff};
use crate::cli::failure::Failure;
use crate::cli::reply::Reply;

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Say what you understood to be the scope, as the holder
    Confirm {
        /// The task [default: the lane's]
        id: Option<TaskId>,
        /// The scope, in your words
        #[arg(long, value_name = "TEXT")]
        text: String,
        #[command(flatten)]
        dry: crate::cli::args::DryRun,
    },
    /// Agree with what the holder said: work starts
    Go {
        /// The task
        id: TaskId,
        /// What is to be minded
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        #[command(flatten)]
        dry: crate::cli::args::DryRun,
    },
}

impl Args {
    /// The words of the verb.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Confirm { .. } => "scope confirm",
            What::Go { .. } => "scope go",
        }
    }
}

pub fn run(context: &Context<'_>, args: &Args) -> Result<Reply, Failure> {
    let site = context.site()?;
    let (id, act, dry_run) = match &args.what {
        What::Confirm { id, text, dry } => {
            let act = ScopeRecord::Confirmed { text: text.clone() };
            (id.as_ref(), act, dry.dry_run)
        }
        What::Go { id, note, dry } => {
            let act = ScopeRecord::Go { note: note.clone() };
            (Some(id), act, dry.dry_run)
        }
    };
    let outcome = scope(&site, id, act, dry_run)?;
    let text = told(&outcome, &args.what);
    let reply = Reply::new(&ChangedView::from(&outcome), text);
    Ok(reply.carried_out(&site, &outcome.mutation))
}

fn told(outcome: &TaskOutcome, what: &What) -> String {
    if !outcome.mutation.carried_out {
        return diff(&outcome.mutation);
    }
    let id = outcome.tasks.first().map(ToString::to_string);
    let id = id.unwrap_or_default();
    match what {
        What::Confirm { .. } => {
            format!(
                "confirmed the scope of {id}\nnext: someone else runs `laneway scope go {id}`\n"
            )
        }
        What::Go { .. } => format!("go for {id}, now in_progress\n"),
    }
}
