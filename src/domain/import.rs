//! Tasks that come from another tracker, with what they were there (X16).
//!
//! An import claims no more than it can: nobody holds a claim that they did not make here, and what
//! was done elsewhere is done here only at a commit of the target.

use super::id::{ObjectId, TaskId};
use super::task::{Task, words};
use super::time::Timestamp;

/// A task on its way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedTask {
    /// Its definition.
    pub task: Task,
    /// What the source said of it.
    pub origin: Origin,
}

/// What the source said of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Which task.
    pub task: TaskId,
    /// Its id there.
    pub id: String,
    /// Its status there, in the words of the source; empty where it had none.
    pub status: String,
    /// What it is here.
    pub standing: FirstStanding,
    /// The commit that the source names as its landing, for tasks that were done.
    pub commit: Option<ObjectId>,
    /// What its history here begins with: what the import could not take over.
    pub remark: Option<String>,
    /// Blob id of its work package, where the source brings one that is not here yet.
    pub package: Option<ObjectId>,
}

/// What a task is right after its import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum FirstStanding {
    /// Anybody may claim it.
    #[default]
    Todo,
    /// It was blocked there, and is here: nobody has it.
    Blocked(FirstBlock),
    /// It was done there.
    Done,
    /// It was given up there.
    Cancelled {
        /// Why, where the source says it.
        reason: Option<String>,
    },
}

/// What the source said of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstBlock {
    /// What for.
    pub reason: String,
    /// The task that must land first, if it is one.
    pub by: Option<TaskId>,
    /// Since when, where the source says it.
    pub since: Option<Timestamp>,
}

words! {
    /// A [`FirstStanding`] in one word.
    FirstWord {
        /// Anybody may claim it.
        Todo = "todo",
        /// It was blocked there.
        Blocked = "blocked",
        /// It was done there.
        Done = "done",
        /// It was given up there.
        Cancelled = "cancelled",
    }
}

impl FirstStanding {
    /// In one word.
    #[must_use]
    pub fn word(&self) -> FirstWord {
        match self {
            Self::Todo => FirstWord::Todo,
            Self::Blocked(_) => FirstWord::Blocked,
            Self::Done => FirstWord::Done,
            Self::Cancelled { .. } => FirstWord::Cancelled,
        }
    }

    /// Whether nothing of the task is left to do.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Done | Self::Cancelled { .. })
    }
}

/// The directory of work packages below `governance/`.
const PACKAGES: &str = "packages/";

/// Whether an import may bring a file to this path below `governance/`: nothing but a package comes
/// with a task.
#[must_use]
pub fn is_package_place(path: &str) -> bool {
    let name = path.strip_prefix(PACKAGES);
    name.is_some_and(|name| name.ends_with(".md") && !name.contains('/') && name.len() > 3)
}

/// A plan file of an import, kept on the ledger to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile {
    /// Its path on the ledger branch.
    pub path: String,
    /// Blob id of its content.
    pub blob: ObjectId,
}
