//! Why an operation failed. The command line turns these into kind, code and hints.

use std::path::PathBuf;

use crate::checks::{GuardError, NewCommand, TrustError};
use crate::domain::id::{AgentName, BadName, LaneName, TaskId};
use crate::git::GitError;
use crate::ledger::{BadFile, LedgerError, Unspeakable};
use crate::process::ProcessError;
use crate::workspace::{BindingError, CheckoutError, WorkspaceError};

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// The ledger refused, or cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A worktree, branch or binding stands in the way.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The tree that checks run on is not a commit, or moved meanwhile.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// Trust could not be written down.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A check could not be started.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The checkout of the target cannot follow.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// The lane's binding does not read.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// Git cannot answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A name is not legal.
    #[error(transparent)]
    Name(#[from] BadName),
    /// A file that was given does not read.
    #[error(transparent)]
    BadFile(#[from] BadFile),
    /// Nobody said who acts.
    #[error("nobody said who acts")]
    NoIdentity,
    /// No task was named, and this is no lane.
    #[error("no task is named, and this directory is no lane's worktree")]
    NoTask,
    /// The lane's worktree belongs to another agent.
    #[error("this worktree is lane {lane} of {holder}, not of {agent}")]
    ForeignLane {
        /// Who acts.
        agent: AgentName,
        /// Whose lane it is.
        holder: AgentName,
        /// Which lane.
        lane: LaneName,
    },
    /// Commands from the plan have not been trusted here.
    #[error("commands of `{task}` are not trusted here: {}", listed(.commands))]
    Untrusted {
        /// The task.
        task: TaskId,
        /// The commands, each with what it was when it was trusted.
        commands: Vec<NewCommand>,
    },
    /// The claim stands, but its worktree could not be made.
    #[error("`{task}` is claimed, but its worktree could not be made: {source}")]
    NoWorktree {
        /// The task.
        task: TaskId,
        /// Why.
        source: Box<WorkspaceError>,
    },
    /// The plan is in several files already, and none of its tasks is in the first.
    #[error(
        "the plan is split already: its {tasks} tasks are in {files} files of `governance/queue/`"
    )]
    AlreadySharded {
        /// How many files hold the tasks.
        files: usize,
        /// How many tasks.
        tasks: usize,
    },
    /// What was asked makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A text of the request holds what nobody means to say.
    #[error(transparent)]
    Unspeakable(#[from] Unspeakable),
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

fn listed(commands: &[NewCommand]) -> String {
    let commands: Vec<&str> = commands.iter().map(|new| new.command.as_str()).collect();
    commands.join("; ")
}

impl From<crate::domain::refusal::Refusal> for OpError {
    fn from(refusal: crate::domain::refusal::Refusal) -> Self {
        Self::Ledger(refusal.into())
    }
}
