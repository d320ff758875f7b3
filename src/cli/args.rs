//! What was typed. Nothing here looks at environment, files or repository: what an argument means
//! is settled by the command that uses it.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use laneway::domain::id::{AgentName, BranchName, RequestId};
use laneway::domain::state::Epoch;
use laneway::ops::SiteOptions;

use super::commands::Command;

const EXIT_CODES: &str = "\
Exit codes:
  0  yes, or done
  1  a negative answer: nothing ready, findings, a check failed
  2  wrong use
  3  conflict: someone else holds it; waiting may help
  4  refused: a rule says no
  5  rules, plan or ledger cannot be read
  6  the remote was not reached, or did not confirm in time
  7  internal, or a file cannot be read or written";

/// One owner, one lane, one way into main: a git-native work queue for fleets of coding agents.
#[derive(Debug, Parser)]
#[command(
    name = "laneway",
    version,
    max_term_width = 100,
    propagate_version = false
)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Run as if started in DIR
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub dir: Option<PathBuf>,
    /// Print one JSON object for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Say only what was asked for
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub color: Color,
    /// Never ask
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Act as AGENT
    #[arg(long = "as", value_name = "AGENT", global = true)]
    pub agent: Option<AgentName>,
    /// The ledger branch
    #[arg(long, value_name = "BRANCH", global = true)]
    pub ledger: Option<BranchName>,
    /// The epoch of the claim that is held
    #[arg(long, value_name = "N", global = true)]
    pub epoch: Option<u32>,
    /// Id of the request; the same id again is the same request
    #[arg(long, value_name = "ID", global = true)]
    pub request_id: Option<RequestId>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Global {
    /// Where and as whom, for the operations.
    pub fn site(&self) -> SiteOptions {
        SiteOptions {
            dir: self.dir.clone(),
            ledger: self.ledger.clone(),
            agent: self.agent.clone(),
            epoch: self.epoch.map(Epoch),
            request_id: self.request_id.clone(),
        }
    }
}

/// `--dry-run`, for every mutation.
#[derive(Debug, Args)]
pub struct DryRun {
    /// Change nothing; show what would change in the ledger
    #[arg(long)]
    pub dry_run: bool,
}
