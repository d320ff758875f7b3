//! `unfinished-worktree`: a worktree whose making a crash ended.

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::workspace::{clear_unfinished, is_abandoned};

pub const AILMENT: Ailment = Ailment {
    id: "unfinished-worktree",
    about: "worktrees that were being made when their maker died",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let linked = patient.repo.worktrees()?.into_iter().skip(1);
    let left = linked.filter(|known| is_abandoned(&patient.repo, known, &patient.env));
    let found = left.map(|worktree| Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: "a worktree that is not whole".to_owned(),
        place: shown(&worktree.path),
        why: "git locked it while making it, more than ten minutes ago".to_owned(),
        cure: Cure::repair(
            "forget it; if its directory holds anything, that is moved aside",
            move |patient| {
                let aside = clear_unfinished(&patient.repo, &worktree, &patient.env)?;
                Ok(Mended::Done(match aside {
                    Some(path) => format!("forgot it; its files are in {}", path.display()),
                    None => "forgot it".to_owned(),
                }))
            },
        ),
    });
    Ok(found.collect())
}
