//! `shard` as programs see it.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::FileChangeView;
use crate::ops::shard::Sharded;

/// `data` of `shard`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShardView {
    /// Whether the files were written; a rehearsal (`--dry-run`) writes none.
    pub written: bool,
    /// The plan files of the working tree from now on, with the number of their tasks.
    pub files: Vec<ShardFileView>,
    /// What would change, in a rehearsal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<FileChangeView>,
}

/// A plan file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShardFileView {
    /// Its path in the working tree.
    pub path: String,
    /// Number of its tasks.
    pub tasks: usize,
}

impl From<&Sharded> for ShardView {
    fn from(sharded: &Sharded) -> Self {
        let files = sharded.files.iter().map(|(path, tasks)| ShardFileView {
            path: path.clone(),
            tasks: *tasks,
        });
        let changes = match sharded.written {
            true => Vec::new(),
            false => sharded.changes.iter().map(FileChangeView::from).collect(),
        };
        Self {
            written: sharded.written,
            files: files.collect(),
            changes,
        }
    }
}
