//! Files that hold a stage contract, named by tasks (S6): on the branch that defines the task, else
//! on the target, so that a task of the ledger may name what people planned there.

use super::format::v1::stages::StagesFile;
use super::read::{self, Origin};
use super::yaml::Limits;
use super::{LedgerError, paths};
use crate::domain::id::ObjectId;
use crate::domain::stage::StageContract;
use crate::git::Repo;

/// A file of stages that was found.
#[derive(Debug, Clone)]
pub struct Found {
    path: String,
    commit: ObjectId,
    /// Its blob, or whatever stands in its place.
    pub blob: ObjectId,
}

/// Where the file at `path` below `governance/` stands: on the ledger, if one is given, else on
/// the target.
///
/// # Errors
/// Of git.
pub fn place(
    repo: &Repo,
    ledger: Option<ObjectId>,
    target: ObjectId,
    path: &str,
) -> Result<Option<Found>, LedgerError> {
    let path = format!("{}/{path}", paths::GOVERNANCE);
    for commit in ledger.into_iter().chain([target]) {
        if let Some(entry) = repo.entry_at(repo.tree_of(commit)?, &path)? {
            let blob = entry.id;
            return Ok(Some(Found { path, commit, blob }));
        }
    }
    Ok(None)
}

/// The contract in a file, or why there is none.
///
/// # Errors
/// Of git.
pub fn read(
    repo: &Repo,
    found: Option<Found>,
) -> Result<Result<StageContract, String>, LedgerError> {
    let Some(Found { path, commit, .. }) = found else {
        return Ok(Err("the file is missing".to_owned()));
    };
    let origin = Origin {
        file: &path,
        commit: Some(commit),
    };
    let bytes = match read::blob_of(repo, repo.tree_of(commit)?, origin, Limits::STATE) {
        Ok(Some((_, bytes))) => bytes,
        Ok(None) => return Ok(Err("the file is missing".to_owned())),
        Err(LedgerError::BadFile(bad)) => return Ok(Err(why(&bad))),
        Err(error) => return Err(error),
    };
    Ok(read::meaning::<StagesFile>(origin, &bytes, Limits::STATE).map_err(|bad| why(&bad)))
}

fn why(bad: &super::BadFile) -> String {
    let first = bad.findings.first();
    first.map_or_else(|| bad.to_string(), |finding| finding.message.clone())
}
