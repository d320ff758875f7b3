//! Tips that a person gave up, or that were given up for everybody: a ref of their own keeps them.

use super::LedgerError;
use crate::domain::id::ObjectId;
use crate::git::{Cas, Durability, Expect, RefEdit, Repo};

/// Where they are kept: `refs/laneway/kept/<what>/<id>`.
const KEPT: &str = "refs/laneway/kept";

/// Keeps a commit; the ref that does, or `None` when the commit is not here.
///
/// # Errors
/// Of git.
pub fn keep(repo: &Repo, what: &str, commit: ObjectId) -> Result<Option<String>, LedgerError> {
    if !repo.exists(commit) {
        return Ok(None);
    }
    let name = format!("{KEPT}/{what}/{commit}");
    if repo.tip(&name)?.is_some() {
        return Ok(Some(name));
    }
    let edit = RefEdit {
        name: name.clone(),
        expect: Expect::Absent,
        new: Some(commit),
    };
    match repo.cas(&[edit], "laneway: keep", Durability::Full)? {
        Cas::Moved | Cas::Lost { .. } => Ok(Some(name)),
    }
}
