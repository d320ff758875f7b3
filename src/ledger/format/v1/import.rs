//! What a plan file of an import says beside its definitions: under `x-import`, which readers of the
//! plan pass over, what each task was in its source (X16).

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::domain::id::{ObjectId, TaskId};
use crate::domain::import::{
    FirstBlock, FirstStanding, FirstWord, ImportFile, ImportedTask, Origin,
};
use crate::domain::request::Verb;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::{Place, Problem, collect};
use crate::ledger::format::text::Text;
use crate::ledger::import::file_path;

/// The key of a plan file that holds a list of [`OriginEntry`].
pub const KEY: &str = "x-import";

/// A task of a plan file that a request names by its blob, and what the file says of its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTask {
    /// The definition.
    pub task: Task,
    /// Where it came from; only files of imports say so.
    pub origin: Option<Origin>,
}

/// What a source said of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginEntry {
    id: Text<TaskId>,
    from: String,
    #[serde(default, skip_serializing_if = "is_default")]
    status: String,
    standing: Text<FirstWord>,
    /// Of what was blocked there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    block: Option<FirstBlockEntry>,
    /// Why it was given up there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<Text<ObjectId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
    /// The blob of its work package, where the source brought one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    package: Option<Text<ObjectId>>,
}

/// What a source said of a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstBlockEntry {
    reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Text<TaskId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Text<Timestamp>>,
}

impl FirstBlockEntry {
    fn convert(self, at: &Place<'_>) -> Option<FirstBlock> {
        Some(FirstBlock {
            reason: self.reason,
            by: at.maybe("by", self.by),
            since: at.maybe("since", self.since),
        })
    }
}

impl From<&FirstBlock> for FirstBlockEntry {
    fn from(block: &FirstBlock) -> Self {
        Self {
            reason: block.reason.clone(),
            by: block.by.clone().map(Text::from),
            since: block.since.map(Text::from),
        }
    }
}

impl OriginEntry {
    /// What it says.
    ///
    /// # Errors
    /// All problems at once.
    pub fn into_domain(self) -> Result<Origin, Vec<Problem>> {
        collect(|at| {
            let task = at.text("id", self.id);
            let word = at.text("standing", self.standing);
            let block = self.block.map(|block| block.convert(&at.key("block")));
            let standing = match (word, block, self.reason) {
                (Some(FirstWord::Todo), None, None) => Some(FirstStanding::Todo),
                (Some(FirstWord::Done), None, None) => Some(FirstStanding::Done),
                (Some(FirstWord::Cancelled), None, reason) => {
                    Some(FirstStanding::Cancelled { reason })
                }
                (Some(FirstWord::Blocked), Some(block), None) => block.map(FirstStanding::Blocked),
                (None, _, _) => None,
                (Some(word), _, _) => {
                    at.refuse(format!(
                        "`{word}` goes with other keys: `blocked` with `block`, `cancelled` alone \
                         with `reason`"
                    ));
                    None
                }
            };
            let commit = at.maybe("commit", self.commit);
            let package = at.maybe("package", self.package);
            Some(Origin {
                task: task?,
                id: self.from,
                status: self.status,
                standing: standing?,
                commit,
                remark: self.remark,
                package,
            })
        })
    }
}

impl From<&Origin> for OriginEntry {
    fn from(origin: &Origin) -> Self {
        Self {
            id: origin.task.clone().into(),
            from: origin.id.clone(),
            status: origin.status.clone(),
            standing: origin.standing.word().into(),
            block: match &origin.standing {
                FirstStanding::Blocked(block) => Some(FirstBlockEntry::from(block)),
                _ => None,
            },
            reason: match &origin.standing {
                FirstStanding::Cancelled { reason } => reason.clone(),
                _ => None,
            },
            commit: origin.commit.map(Text::from),
            remark: origin.remark.clone(),
            package: origin.package.map(Text::from),
        }
    }
}

/// A plan file in a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportFileEntry {
    path: String,
    blob: Text<ObjectId>,
}

impl From<ImportFile> for ImportFileEntry {
    fn from(file: ImportFile) -> Self {
        Self {
            path: file.path,
            blob: file.blob.into(),
        }
    }
}

/// The tasks of a plan file that a request names by path and blob. A blob comes to its own place
/// and to no other: whoever could name another would write over any file of the ledger.
pub(super) fn file_at(
    at: &Place<'_>,
    path: &str,
    (blob, place): (ObjectId, String),
    file: &impl Fn(&str, ObjectId) -> Option<Vec<FileTask>>,
) -> Option<Vec<FileTask>> {
    if path != place {
        at.refuse(format!("{path} is not the place of {blob}: {place}"));
        return None;
    }
    let read = file(path, blob);
    if read.is_none() {
        at.refuse(format!("the plan file {path} ({blob}) is not readable"));
    }
    read
}

/// The request to import these files.
pub(super) fn imported(
    at: &Place<'_>,
    source: String,
    entries: Vec<ImportFileEntry>,
    file: &impl Fn(&str, ObjectId) -> Option<Vec<FileTask>>,
) -> Option<Verb> {
    let (mut files, mut tasks) = (Vec::new(), Vec::new());
    for entry in entries {
        let blob = at.text("blob", entry.blob)?;
        let read = file_at(at, &entry.path, (blob, file_path(blob)), file)?;
        for FileTask { task, origin } in read {
            let Some(origin) = origin else {
                at.refuse(format!(
                    "{} does not say where `{}` came from",
                    entry.path, task.id
                ));
                return None;
            };
            tasks.push(ImportedTask { task, origin });
        }
        let path = entry.path;
        files.push(ImportFile { path, blob });
    }
    Some(Verb::Import {
        source,
        files,
        tasks,
    })
}
