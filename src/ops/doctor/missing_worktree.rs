//! `missing-worktree`: a lane's worktree whose directory is gone, while git still counts its branch
//! as checked out there.

use super::patient::{Linked, shown};
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::git::Durability;
use crate::ops::OpError;
use crate::workspace::{self, work_ref};

pub const AILMENT: Ailment = Ailment {
    id: "missing-worktree",
    about: "worktrees whose directory is gone",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let gone = patient.linked()?.into_iter().filter(|linked| {
        // What is locked stands on a disk that comes back; an unfinished one is another ailment.
        linked.is_missing() && linked.worktree.locked.is_none()
    });
    Ok(gone.map(|linked| finding(patient, &linked)).collect())
}

fn finding(patient: &Patient, linked: &Linked) -> Finding {
    let ours = !matches!(linked.binding, Ok(None)) || patient.is_on_lane(linked);
    let (severity, cure) = if ours {
        let plan = "forget the worktree; its branch and commits stay";
        let path = linked.worktree.path.clone();
        let cure = Cure::repair(plan, move |patient| {
            let mut all = patient.linked()?.into_iter();
            match all.find(|known| known.worktree.path == path && known.is_missing()) {
                Some(linked) => forget(patient, &linked),
                None => Ok(Mended::Done("it is there again".to_owned())),
            }
        });
        (Severity::Warning, cure)
    } else {
        let hand = "it is no lane's: `git worktree prune`".to_owned();
        (Severity::Note, Cure::Hand(hand))
    };
    Finding {
        ailment: AILMENT.id,
        severity,
        what: "a worktree whose directory is gone".to_owned(),
        place: shown(&linked.worktree.path),
        why: match &linked.worktree.branch {
            Some(branch) => format!("git counts `{branch}` as checked out there"),
            None => "git still lists it".to_owned(),
        },
        cure,
    }
}

/// Commits that only the vanished `HEAD` reached are saved in the work ref of its claim.
fn forget(patient: &Patient, linked: &Linked) -> Result<Mended, OpError> {
    let (repo, worktree) = (&patient.repo, &linked.worktree);
    let mut done = "forgot it".to_owned();
    if let (Some(head), None) = (worktree.head, &worktree.branch) {
        let lost = repo.commits_beyond(head, &patient.kept(None)?)?;
        if !lost.is_empty() {
            let Some(bound) = linked.bound() else {
                let what = format!("its commit {} is on no branch", head.short());
                return Ok(Mended::Kept(format!("{what}: `git branch NAME {head}`")));
            };
            let name = work_ref(&bound.task, bound.epoch);
            match repo.tip(&name)? {
                Some(other) if !repo.is_ancestor(other, head)? => {
                    let what = format!("its commit {} is on no branch", head.short());
                    return Ok(Mended::Kept(format!("{what}, and `{name}` has others")));
                }
                _ => {}
            }
            workspace::save(repo, &bound.task, bound.epoch, head, Durability::Full)?;
            done = format!("saved {} in `{name}`, forgot the worktree", head.short());
        }
    }
    repo.worktree_remove(&worktree.path)?;
    Ok(Mended::Done(done))
}
