//! The front matter of the work package that a task names (G1).

use crate::domain::id::ObjectId;
use crate::domain::package::Package;
use crate::domain::snapshot::{Origin, Snapshot};
use crate::domain::task::Task;
use crate::ledger::format::v1::PackageFile;
use crate::ledger::read::{self, Origin as Source};
use crate::ledger::yaml::Limits;
use crate::ops::{OpError, Site};

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
    pub meaning: Option<Package>,
}

/// The package of a task: on the ledger where it was planned there, else on the target.
pub fn package(
    site: &Site,
    snapshot: &Snapshot,
    task: &Task,
) -> Result<Option<PackageSeen>, OpError> {
    let Some(file) = &task.package else {
        return Ok(None);
    };
    let path = format!("governance/{file}");
    let target = Some(snapshot.rules.at);
    let places = match snapshot.plan.origin(&task.id) {
        Some(Origin::Ledger) => [snapshot.tip, target],
        _ => [target, None],
    };
    for commit in places.into_iter().flatten() {
        let Ok(Some(bytes)) = site.repo().blob_at(commit, &path, MOST) else {
            continue;
        };
        let origin = Source {
            file: &path,
            commit: Some(commit),
        };
        let front = front_matter(&bytes);
        let meaning =
            front.and_then(|front| read::meaning::<PackageFile>(origin, front, Limits::STATE).ok());
        return Ok(Some(PackageSeen {
            commit: Some(commit),
            meaning,
            path,
        }));
    }
    Ok(Some(PackageSeen {
        path,
        commit: None,
        meaning: None,
    }))
}

/// What stands between the first line `---` and the next one.
fn front_matter(bytes: &[u8]) -> Option<&[u8]> {
    let text = std::str::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix("---\n")?;
    let end = rest.find("\n---")?;
    Some(rest.get(..=end)?.as_bytes())
}
