//! One file per verb: its arguments, turned into the options of one operation, and the outcome
//! into a reply.

mod add;
mod claim;
mod init;
mod ready;

mod check;
mod checks;
mod complete;
mod demo;
mod handoff;
mod log;
mod merge;
mod review;
mod trust;
mod validate;

use clap::Subcommand;
use laneway::contract::LedgerView;
use laneway::domain::id::ObjectId;
use laneway::env::Env;
use laneway::ops::{Mutation, Site};

use super::args::Global;
use super::failure::Failure;
use super::render::Screen;
use super::reply::Reply;

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Govern this repository: write `governance/` on the target and create the ledger
    Init(init::Args),
    /// Add a task, or all tasks of a file
    Add(add::Args),
    /// Show what can start, in order
    Ready(ready::Args),
    /// Take a task and open its lane
    Claim(claim::Args),

    /// Run the acceptance checks in the lane's worktree and record the evidence
    Check(check::Args),
    /// Trust the commands that a task's checks run, on this machine
    Trust(trust::Args),
    /// Submit the lane's commits and free the lane
    Handoff(handoff::Args),
    /// Judge what is handed off
    Review(review::Args),
    /// Land handed-off work on the target
    Merge(merge::Args),
    /// Record work that reached the target by another way, such as a pull request
    Complete(complete::Args),
    /// Tell what happened to a task, or to all
    Log(log::Args),
    /// Check rules, plan and ledger: every finding, with its place
    Validate(validate::Args),
    /// Play the main story out loud on a throw-away repository
    Demo(demo::Args),
}

impl Command {
    /// The word of the verb.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Add(_) => "add",
            Self::Ready(_) => "ready",
            Self::Claim(_) => "claim",

            Self::Check(_) => "check",
            Self::Trust(_) => "trust",
            Self::Handoff(_) => "handoff",
            Self::Review(_) => "review",
            Self::Merge(_) => "merge",
            Self::Complete(_) => "complete",
            Self::Log(_) => "log",
            Self::Validate(_) => "validate",
            Self::Demo(_) => "demo",
        }
    }
}

/// What every command is given.
pub struct Context<'a> {
    pub env: &'a Env,
    pub global: &'a Global,
    pub screen: &'a Screen,
}

impl Context<'_> {
    /// The repository with its ledger.
    pub fn site(&self) -> Result<Site, Failure> {
        Ok(Site::open(self.env, self.global.site())?)
    }
}

/// Runs a command.
pub fn run(
    env: &Env,
    global: &Global,
    screen: &Screen,
    command: Command,
) -> Result<Reply, Failure> {
    let context = Context {
        env,
        global,
        screen,
    };
    match command {
        Command::Init(args) => init::run(&context, &args),
        Command::Add(args) => add::run(&context, &args),
        Command::Ready(args) => ready::run(&context, &args),
        Command::Claim(args) => claim::run(&context, &args),

        Command::Check(args) => check::run(&context, &args),
        Command::Trust(args) => trust::run(&context, &args),
        Command::Handoff(args) => handoff::run(&context, &args),
        Command::Review(args) => review::run(&context, &args),
        Command::Merge(args) => merge::run(&context, &args),
        Command::Complete(args) => complete::run(&context, &args),
        Command::Log(args) => log::run(&context, &args),
        Command::Validate(args) => validate::run(&context, &args),
        Command::Demo(args) => demo::run(&context, &args),
    }
}

/// The ledger that was read, at a commit.
fn ledger_at(site: &Site, commit: Option<ObjectId>) -> LedgerView {
    LedgerView::new(&site.ledger.tip_ref, commit)
}

/// The ledger after a mutation: its new commit, or the one that was judged.
fn ledger_after(site: &Site, mutation: &Mutation) -> LedgerView {
    ledger_at(site, mutation.commit.or(mutation.before.tip))
}

/// The difference that a rehearsed mutation would make, as a unified diff.
fn diff(mutation: &Mutation) -> String {
    let mut text = String::new();
    for file in &mutation.files {
        let diff = similar::TextDiff::from_lines(&file.before, &file.after);
        let old = if file.before.is_empty() {
            "/dev/null"
        } else {
            &file.path
        };
        let unified = diff.unified_diff().header(old, &file.path).to_string();
        text.push_str(&super::render::safe(&unified));
    }
    text
}
