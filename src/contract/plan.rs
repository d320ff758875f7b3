//! `init`, `add` and `edit` as programs see them, and the rehearsal of any mutation.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ops::add::PlanOutcome;
use crate::ops::init::InitOutcome;
use crate::ops::{FileChange, Mutation};

/// `data` of `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InitView {
    /// Files written to the target; empty when all were there.
    pub files: Vec<String>,
    /// The target branch.
    pub target: String,
    /// Where it stands now.
    pub target_commit: String,
    /// The ledger branch.
    pub ledger: String,
    /// Whether the ledger was made now.
    pub created: bool,
    /// What is left to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl From<&InitOutcome> for InitView {
    fn from(outcome: &InitOutcome) -> Self {
        Self {
            files: outcome.files.clone(),
            target: outcome.target.0.to_string(),
            target_commit: outcome.target.1.to_string(),
            ledger: outcome.ledger.to_string(),
            created: outcome.created,
            next: outcome.next.clone(),
        }
    }
}

/// A ledger file before and after a rehearsed mutation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileChangeView {
    /// Its path.
    pub path: String,
    /// Its text before; empty when it is new.
    pub before: String,
    /// Its text after.
    pub after: String,
}

impl From<&FileChange> for FileChangeView {
    fn from(change: &FileChange) -> Self {
        let FileChange {
            path,
            before,
            after,
        } = change.clone();
        Self {
            path,
            before,
            after,
        }
    }
}

/// How a mutation ended, for verbs that have nothing else to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MutationView {
    /// Whether the ledger has it; a rehearsal (`--dry-run`) has not.
    pub carried_out: bool,
    /// Whether anything changed; `false` when it had been so before.
    pub changed: bool,
    /// What would change, in a rehearsal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChangeView>,
}

impl From<&Mutation> for MutationView {
    fn from(mutation: &Mutation) -> Self {
        Self {
            carried_out: mutation.carried_out,
            changed: !mutation.change.is_empty(),
            files: mutation.files.iter().map(FileChangeView::from).collect(),
        }
    }
}

/// `data` of `add` and `edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlanView {
    /// Ids of the tasks.
    pub tasks: Vec<String>,
    /// The working-tree file that was written, with `--plan`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The ledger's side.
    #[serde(flatten)]
    pub mutation: MutationView,
}

impl From<&PlanOutcome> for PlanView {
    fn from(outcome: &PlanOutcome) -> Self {
        Self {
            tasks: outcome.tasks.iter().map(ToString::to_string).collect(),
            file: outcome.file.as_ref().map(|path| path.display().to_string()),
            mutation: MutationView::from(&outcome.mutation),
        }
    }
}
