//! The front matter of the work package that a task names (G1).

use std::sync::Arc;

use crate::domain::id::ObjectId;
use crate::domain::package::Package;
use crate::domain::snapshot::{Origin, Snapshot};
use crate::domain::task::Task;
use crate::ops::Site;

/// Most bytes of a package that are read.
const MOST: u64 = 1 << 20;

/// A work package as far as it reads.
#[derive(Debug, Clone)]
pub struct PackageSeen {
    /// Its path in the repository.
    pub path: String,
    /// The commit that has it; none: it is not there.
    pub commit: Option<ObjectId>,
    /// What its front matter says; none where it does not read.
    pub meaning: Option<Arc<Package>>,
    /// Why it does not read.
    pub problem: Option<String>,
}

/// The package of a task: on the ledger where it was planned there, else on the target.
#[must_use]
pub fn package(site: &Site, snapshot: &Snapshot, task: &Task) -> Option<PackageSeen> {
    let file = task.package.as_ref()?;
    let path = format!("governance/{file}");
    let target = Some(snapshot.rules.at);
    let places = match snapshot.plan.origin(&task.id) {
        Some(Origin::Ledger) => [snapshot.tip, target],
        _ => [target, None],
    };
    let is_there = |commit: &ObjectId| {
        let found = site.repo().blob_at(*commit, &path, MOST);
        !matches!(found, Ok(None))
    };
    let (meaning, problem) = match snapshot.package(task)? {
        Ok(package) => (Some(package), None),
        Err(problem) => (None, Some(problem)),
    };
    Some(PackageSeen {
        commit: places.into_iter().flatten().find(is_there),
        meaning,
        problem,
        path,
    })
}
