//! One file per verb: its arguments, turned into the options of one operation, and the outcome
//! into a reply.

mod add;
mod archive;
mod audit;
mod block;
mod brief;
mod cancel;
mod check;
mod checks;
mod claim;
mod complete;
mod completions;
mod demo;
mod doctor;
mod edit;
mod evidence;
mod except;
mod explain;
mod export;
mod give_back;
mod handoff;
mod hold;
mod hook;
mod hooks;
mod import;
mod init;
mod lane;
mod list;
mod log;
mod maintain;
mod man;
mod merge;
mod merge_driver;
mod note;
mod package;
mod policy;
mod preflight;
mod ready;
mod release;
mod renew;
mod reopen;
mod request;
mod review;
mod schema;
mod scope;
mod session;
mod set_status;
mod shard;
mod show;
mod stage;
mod status;
mod trust;
mod unblock;
mod validate;
mod workstation;

use clap::Subcommand;
use laneway::contract::LedgerView;
use laneway::domain::id::ObjectId;
use laneway::env::Env;
use laneway::ledger::LedgerError;
use laneway::ops::add::PlanOutcome;
use laneway::ops::own::TaskOutcome;
use laneway::ops::{FileChange, Mutation, Site};

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
    /// Bring in the tasks of another tracker; `--plan` shows what becomes what first
    Import(import::Args),
    /// Write everything that plan and ledger hold
    Export(export::Args),
    /// Show what can start, in order
    Ready(ready::Args),
    /// Tell an agent all that it needs now: task, findings, what is owed, the next commands
    Brief(brief::Args),
    /// Take a task and open its lane
    Claim(claim::Args),
    /// Extend the lease
    Renew(renew::Args),
    /// Give a task back; its commits are kept
    Release(release::Args),
    /// Stop a task, with the reason; its lane is free
    Block(block::Args),
    /// Hold a task up, with the reason; its lane is free
    Hold(hold::Args),
    /// Go on with a blocked task
    Unblock(unblock::Args),
    /// Give a task up
    Cancel(cancel::Args),
    /// Take a closed task up again
    Reopen(reopen::Args),
    /// Give a task back as too large or wrong
    Return(give_back::Args),
    /// Confirm the scope of a task before work on it, or give the go
    Scope(scope::Args),
    /// Count time, or list what was worked
    Session(session::Args),
    /// Add a remark to a task
    Note(note::Args),
    /// List tasks
    List(list::Args),
    /// Show everything about a task
    Show(show::Args),
    /// Show who does which stage of a task, pass stages, pause and resume
    Stage(stage::Args),
    /// Sum up the queue
    Status(status::Args),
    /// Put closed tasks into the archive, or give archived ones back
    Archive(archive::Args),
    /// Split the plan of the working tree into several files, or join them again
    Shard(shard::Args),
    /// Change the definition of a task
    Edit(edit::Args),
    /// Make, show, sync and remove the lanes of this machine
    Lane(lane::Args),
    /// Bring a task to a status through the verb that leads there
    SetStatus(set_status::Args),
    /// Pack what the ledger left loose; mutations start this now and then by themselves
    Maintain(maintain::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Print the manual page, or write all pages
    Man(man::Args),
    /// Print the JSON Schema of a file or an answer
    Schema(schema::Args),

    /// Run the acceptance checks in the lane's worktree and record the evidence
    Check(check::Args),
    /// Say what was seen of a change, with lines and files that show it
    Evidence(evidence::Args),
    /// Trust the commands that a task's checks or a workstation's probes run, on this machine
    Trust(trust::Args),
    /// Submit the lane's commits and free the lane
    Handoff(handoff::Args),
    /// Judge what is handed off
    Review(review::Args),
    /// Ask for a contract change, decide one, or list what is open
    Request(request::Args),
    /// Ask to lift a gate for a task, decide it, or list exceptions
    Except(except::Args),
    /// Land handed-off work on the target
    Merge(merge::Args),
    /// Merge plan files by tasks and fields, as git's merge driver
    MergeDriver(merge_driver::Args),
    /// Record work that reached the target by another way, such as a pull request
    Complete(complete::Args),
    /// Tell what happened to a task, or to all
    Log(log::Args),
    /// Check rules, plan and ledger: every finding, with its place
    Validate(validate::Args),
    /// Decide the ledger's history again, or tell who did what, where, and by which right
    Audit(audit::Args),
    /// Say what is wrong with this repository, and repair it
    Doctor(doctor::Args),
    /// Install, take away and look at the hooks of this repository
    Hooks(hooks::Args),
    /// What git's hooks call
    Hook(hook::Args),
    /// Show, look at and change workstations
    Workstation(workstation::Args),
    /// Write and check work packages
    Package(package::Args),
    /// Show the rules in force, since when, by whom and why
    Policy(policy::Args),
    /// Explain a gate, refusal, rule, ailment or exit code
    Explain(explain::Args),
    /// Play the main story out loud on a throw-away repository
    Demo(demo::Args),
}

impl Command {
    /// The word of the verb.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::Add(_) => "add",
            Self::Import(_) => "import",
            Self::Export(_) => "export",
            Self::Ready(_) => "ready",
            Self::Brief(_) => "brief",
            Self::Claim(_) => "claim",
            Self::Renew(_) => "renew",
            Self::Release(_) => "release",
            Self::Block(_) => "block",
            Self::Hold(_) => "hold",
            Self::Scope(args) => args.name(),
            Self::Session(args) => args.name(),
            Self::Except(_) => "except",
            Self::Unblock(_) => "unblock",
            Self::Cancel(_) => "cancel",
            Self::Reopen(_) => "reopen",
            Self::Return(_) => "return",
            Self::Note(_) => "note",
            Self::List(_) => "list",
            Self::Archive(_) => "archive",
            Self::Shard(_) => "shard",
            Self::Show(_) => "show",
            Self::Stage(_) => "stage",
            Self::Status(_) => "status",
            Self::Edit(_) => "edit",
            Self::Lane(args) => args.name(),
            Self::SetStatus(_) => "set-status",
            Self::Maintain(_) => "maintain",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Schema(_) => "schema",

            Self::Check(_) => "check",
            Self::Evidence(_) => "evidence",
            Self::Trust(_) => "trust",
            Self::Handoff(_) => "handoff",
            Self::Review(_) => "review",
            Self::Request(_) => "request",
            Self::Merge(_) => "merge",
            Self::MergeDriver(args) => args.name(),
            Self::Complete(_) => "complete",
            Self::Log(_) => "log",
            Self::Validate(_) => "validate",
            Self::Audit(args) => args.name(),
            Self::Doctor(_) => "doctor",
            Self::Hooks(args) => args.name(),
            Self::Hook(args) => args.name(),
            Self::Workstation(args) => args.name(),
            Self::Package(args) => args.name(),
            Self::Policy(args) => args.name(),
            Self::Explain(_) => "explain",
            Self::Demo(_) => "demo",
        }
    }
}

/// What every command is given.
pub struct Context<'a> {
    pub env: &'a Env,
    pub global: &'a Global,
    pub screen: &'a Screen,
    /// Whether the command only shows what is there: then a ledger that was rewound is shown as it
    /// is, and said to be so.
    shows: bool,
}

impl Context<'_> {
    /// The repository with its ledger.
    pub fn site(&self) -> Result<Site, Failure> {
        let site = Site::open(self.env, self.global.site())?;
        if self.shows
            && let Err(error @ LedgerError::Rewritten { .. }) = site.ledger.sound_tip()
        {
            let note = format!("{error}; `laneway doctor` says what is missing");
            self.screen.notes(&[note]);
        }
        Ok(site)
    }
}

/// Who did something, with what shows it (X8). A level is missing where history is cut off before
/// the act.
fn attested(name: &str, level: Option<&str>) -> String {
    format!("{name} ({})", level.unwrap_or("level unknown"))
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
        shows: matches!(
            command,
            Command::List(_)
                | Command::Ready(_)
                | Command::Show(_)
                | Command::Status(_)
                | Command::Log(_)
                | Command::Brief(_)
                | Command::Export(_)
                | Command::Audit(_)
        ),
    };
    match command {
        Command::Init(args) => init::run(&context, &args),
        Command::Add(args) => add::run(&context, &args),
        Command::Import(args) => import::run(&context, &args),
        Command::Export(args) => export::run(&context, &args),
        Command::Ready(args) => ready::run(&context, &args),
        Command::Brief(args) => brief::run(&context, &args),
        Command::Claim(args) => claim::run(&context, &args),
        Command::Renew(args) => renew::run(&context, &args),
        Command::Release(args) => release::run(&context, &args),
        Command::Block(args) => block::run(&context, &args),
        Command::Hold(args) => hold::run(&context, &args),
        Command::Scope(args) => scope::run(&context, &args),
        Command::Session(args) => session::run(&context, &args),
        Command::Except(args) => except::run(&context, &args),
        Command::Unblock(args) => unblock::run(&context, &args),
        Command::Cancel(args) => cancel::run(&context, &args),
        Command::Reopen(args) => reopen::run(&context, &args),
        Command::Return(args) => give_back::run(&context, &args),
        Command::Note(args) => note::run(&context, &args),
        Command::List(args) => list::run(&context, &args),
        Command::Archive(args) => archive::run(&context, &args),
        Command::Shard(args) => shard::run(&context, &args),
        Command::Show(args) => show::run(&context, &args),
        Command::Stage(args) => stage::run(&context, &args),
        Command::Status(args) => status::run(&context, &args),
        Command::Edit(args) => edit::run(&context, &args),
        Command::Lane(args) => lane::run(&context, &args),
        Command::SetStatus(args) => set_status::run(&context, &args),
        Command::Maintain(args) => maintain::run(&context, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&context, &args),
        Command::Schema(args) => schema::run(&context, &args),

        Command::Check(args) => check::run(&context, &args),
        Command::Evidence(args) => evidence::run(&context, &args),
        Command::Trust(args) => trust::run(&context, &args),
        Command::Handoff(args) => handoff::run(&context, &args),
        Command::Review(args) => review::run(&context, &args),
        Command::Request(args) => request::run(&context, &args),
        Command::Merge(args) => merge::run(&context, &args),
        Command::MergeDriver(args) => merge_driver::run(&context, &args),
        Command::Complete(args) => complete::run(&context, &args),
        Command::Log(args) => log::run(&context, &args),
        Command::Validate(args) => validate::run(&context, &args),
        Command::Audit(args) => audit::run(&context, &args),
        Command::Doctor(args) => doctor::run(&context, &args),
        Command::Hooks(args) => hooks::run(&context, &args),
        Command::Hook(args) => hook::run(&context, &args),
        Command::Workstation(args) => workstation::run(&context, &args),
        Command::Package(args) => package::run(&context, &args),
        Command::Policy(args) => policy::run(&context, &args),
        Command::Explain(args) => explain::run(&context, &args),
        Command::Demo(args) => demo::run(&context, &args),
    }
}

/// The ledger that was read, at a commit.
fn ledger_at(site: &Site, commit: Option<ObjectId>) -> LedgerView {
    LedgerView::new(&site.ledger.tip_ref, commit)
}

/// The ledger after a mutation: its new commit, or the one that was judged.
pub fn ledger_after(site: &Site, mutation: &Mutation) -> LedgerView {
    ledger_at(site, mutation.commit.or(mutation.before.tip))
}

/// The difference that a rehearsed mutation would make, as a unified diff.
fn diff(mutation: &Mutation) -> String {
    diff_of(&mutation.files)
}

/// What became of files, as a unified diff.
fn diff_of(files: &[FileChange]) -> String {
    let mut text = String::new();
    for file in files {
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

/// What a verb about tasks did: one line for each, or the difference that a rehearsal would make.
fn changed(outcome: &TaskOutcome, done: &str) -> String {
    let mutation = &outcome.mutation;
    if !mutation.carried_out {
        return diff(mutation);
    }
    let mut text = String::new();
    for id in &outcome.tasks {
        let status = mutation.state(id).status();
        if mutation.change.is_empty() {
            text.push_str(&format!("nothing to do: {id} is {status}\n"));
        } else {
            let now = if status.word() == done {
                String::new()
            } else {
                format!(", now {status}")
            };
            text.push_str(&format!("{done} {id}{now}\n"));
        }
    }
    text
}

/// What became of definitions: on the ledger, in the working tree, or rehearsed.
fn planned(outcome: &PlanOutcome, dry_run: bool, done: &str, before: &str) -> String {
    let what = match outcome.tasks.as_slice() {
        [only] => only.to_string(),
        many => format!("{} tasks", many.len()),
    };
    if dry_run {
        return diff(&outcome.mutation);
    }
    match &outcome.file {
        Some(file) => format!("wrote {what} into {}: commit it\n", file.display()),
        None if outcome.mutation.change.is_empty() => format!("{what} {before}\n"),
        None => format!("{done} {what}\n"),
    }
}
