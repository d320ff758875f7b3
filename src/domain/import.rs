//! Tasks that come from another tracker, with what they were there (X16).
//!
//! An import claims no more than it can: nobody holds a claim that they did not make here, and what
//! was done elsewhere is done here only at a commit of the target.

use super::id::{ObjectId, TaskId};
use super::task::{Task, words};

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
}

words! {
    /// What a task is right after its import.
    FirstStanding {
        /// Anybody may claim it.
        Todo = "todo",
        /// It was done there.
        Done = "done",
        /// It was given up there.
        Cancelled = "cancelled",
    }
}

/// A plan file of an import, kept on the ledger to the byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFile {
    /// Its path on the ledger branch.
    pub path: String,
    /// Blob id of its content.
    pub blob: ObjectId,
}
