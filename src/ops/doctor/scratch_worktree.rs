//! `scratch-worktree`: the temporary worktree of a merge that died while checks ran in it.

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::workspace::{left_scratches, prune_scratch};

pub const AILMENT: Ailment = Ailment {
    id: "scratch-worktree",
    about: "temporary worktrees of dead processes",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let left = left_scratches(&patient.repo, &patient.env)?;
    let found = left.into_iter().map(|path| Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: "a temporary worktree for checks".to_owned(),
        place: shown(&path),
        why: "the process that made it is gone, and nobody works in one".to_owned(),
        cure: Cure::repair("delete it", move |patient| {
            prune_scratch(&patient.repo, &patient.env)?;
            Ok(if path.exists() {
                Mended::Kept("it could not be deleted".to_owned())
            } else {
                Mended::Done("deleted it".to_owned())
            })
        }),
    });
    Ok(found.collect())
}
