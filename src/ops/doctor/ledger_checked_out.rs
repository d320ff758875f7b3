//! `ledger-checked-out`: a worktree on the ledger's branch, where a commit would undo what the
//! ledger has got since.

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;

pub const AILMENT: Ailment = Ailment {
    id: "ledger-checked-out",
    about: "worktrees on the ledger's branch",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let Ok(site) = &patient.ledger else {
        return Ok(Vec::new());
    };
    let branch = site.ledger.marker.branch.full();
    let on_it = patient.repo.worktrees()?.into_iter().filter(|worktree| {
        worktree.branch.as_deref() == Some(&branch) && !worktree.bare && worktree.path.exists()
    });
    let found = on_it.map(|worktree| {
        let path = worktree.path;
        Finding {
            ailment: AILMENT.id,
            severity: Severity::Warning,
            what: "a worktree has the ledger checked out".to_owned(),
            place: shown(&path),
            why: format!(
                "it is on `{}`, which only laneway moves",
                site.ledger.marker.branch
            ),
            cure: Cure::repair(
                "detach it at the commit it shows; no file is touched",
                move |patient| {
                    patient.repo.worktree_detach(&path)?;
                    Ok(Mended::Done("detached it".to_owned()))
                },
            ),
        }
    });
    Ok(found.collect())
}
