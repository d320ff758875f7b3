//! `package new` as programs see it; `package check` answers like `validate`.

use schemars::JsonSchema;
use serde::Serialize;

use super::plan::FileChangeView;
use crate::ops::package::NewOutcome;

/// `data` of `package new`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageView {
    /// The task.
    pub task: String,
    /// The file of the working tree.
    pub file: String,
    /// What stands under `package:` of the task.
    pub package: String,
    /// Whether the task names the package now, in the working tree or before.
    pub named: bool,
    /// What would be written, in a rehearsal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileChangeView>,
}

impl From<&NewOutcome> for PackageView {
    fn from(outcome: &NewOutcome) -> Self {
        Self {
            task: outcome.task.to_string(),
            file: outcome.file.display().to_string(),
            package: outcome.name.clone(),
            named: outcome.named,
            files: outcome.files.iter().map(FileChangeView::from).collect(),
        }
    }
}
