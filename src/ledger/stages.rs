//! Files that hold a stage contract, named by tasks (S6): on the branch that defines the task, else
//! on the target, so that a task of the ledger may name what people planned there.

use std::collections::{BTreeMap, BTreeSet};

use super::format::v1::stages::StagesFile;
use super::read::{self, Origin};
use super::yaml::Limits;
use super::{LedgerError, paths};
use crate::domain::id::ObjectId;
use crate::domain::stage::StageContract;
use crate::git::{Entry, EntryKind, Repo};

/// Entries of `governance/`, by name.
pub type Roots = BTreeMap<String, Entry>;

/// A file of stages that was found.
#[derive(Debug, Clone)]
pub struct Found {
    path: String,
    commit: ObjectId,
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
        if repo.entry_at(repo.tree_of(commit)?, &path)?.is_some() {
            return Ok(Some(Found { path, commit }));
        }
    }
    Ok(None)
}

/// What stands at the first names of these paths below `governance/` of a commit. While that is
/// the same, so is every file of them.
///
/// # Errors
/// Of git.
pub fn roots<'a>(
    repo: &Repo,
    commit: ObjectId,
    files: impl Iterator<Item = &'a str>,
) -> Result<Roots, LedgerError> {
    let names: BTreeSet<&str> = files.filter_map(|path| path.split('/').next()).collect();
    let tree = repo.tree_of(commit)?;
    let dir = repo.entry_at(tree, paths::GOVERNANCE)?;
    let Some(dir) = dir.filter(|dir| dir.kind == EntryKind::Tree) else {
        return Ok(Roots::new());
    };
    let mut roots = repo.entries(dir.id)?;
    roots.retain(|name, _| names.contains(name.as_str()));
    Ok(roots)
}

/// The contract in a file, or why there is none.
///
/// # Errors
/// Of git.
pub fn read(
    repo: &Repo,
    found: Option<Found>,
) -> Result<Result<StageContract, String>, LedgerError> {
    let Some(Found { path, commit }) = found else {
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
