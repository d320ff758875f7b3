//! `stale-binding`: a lane's worktree that is bound to a claim which is over.

use super::patient::{Linked, shown};
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::ops::OpError;
use crate::workspace::{Binding, WorkspaceError};

pub const AILMENT: Ailment = Ailment {
    id: "stale-binding",
    about: "worktrees bound to claims that are over",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let linked = patient.linked()?.into_iter();
    let there = linked.filter(|linked| !linked.is_missing());
    Ok(there
        .filter_map(|linked| match &linked.binding {
            Ok(None) => None,
            Ok(Some(bound)) => {
                let snapshot = patient.snapshot.as_ref()?;
                let ledger = &patient.ledger.as_ref().ok()?.ledger;
                (bound.ledger == ledger.marker.branch)
                    .then(|| judge(snapshot, bound))
                    .flatten()
                    .map(|over| finding(&linked, over))
            }
            Err(error) => Some(Finding {
                ailment: AILMENT.id,
                severity: Severity::Warning,
                what: "a binding that does not read".to_owned(),
                place: shown(&linked.worktree.path),
                why: error.to_string(),
                cure: Cure::Hand(
                    "delete that file; `laneway claim` with the task's id writes a new one"
                        .to_owned(),
                ),
            }),
        })
        .collect())
}

/// Why the claim that a worktree is bound to is over.
#[derive(Debug, PartialEq, Eq)]
enum Over {
    /// The task is no longer worked on. A landed one is no harm: the lane's next claim rebinds it.
    Ended { why: String, landed: bool },
    /// There is a later claim. The binding fences what still runs there, and stays.
    Later(String),
    /// The ledger does not have the claim yet, or no longer.
    Unknown(String),
}

fn judge(snapshot: &Snapshot, bound: &Binding) -> Option<Over> {
    let state = snapshot.states.get(&bound.task);
    let (task, epoch) = (&bound.task, bound.epoch);
    if state.epoch > epoch {
        let why = format!(
            "bound to epoch {epoch} of `{task}`; epoch {} is in force",
            state.epoch
        );
        return Some(Over::Later(why));
    }
    if state.epoch < epoch {
        let why = format!("bound to epoch {epoch} of `{task}`, which the ledger does not have");
        return Some(Over::Unknown(why));
    }
    match &state.standing {
        // What was handed off may come back to its lane.
        Standing::InProgress(_) | Standing::AwaitingScope(_) | Standing::InReview { .. } => None,
        standing => {
            let landed = matches!(standing, Standing::Done(_) | Standing::Adopted(_));
            let why = format!(
                "bound to epoch {epoch} of `{task}`, which is {}",
                state.status()
            );
            Some(Over::Ended { why, landed })
        }
    }
}

fn finding(linked: &Linked, over: Over) -> Finding {
    let path = linked.worktree.path.clone();
    let (severity, why, cure) = match over {
        Over::Ended { why, landed } => {
            let severity = if landed {
                Severity::Note
            } else {
                Severity::Warning
            };
            let cure = Cure::repair(
                "take the binding off; files and commits stay",
                move |patient| unbind(patient, &path),
            );
            (severity, why, cure)
        }
        Over::Later(why) => {
            let hand = "it fences what still runs there; when nothing in it is needed: `git \
                worktree unlock` and `git worktree remove`";
            (Severity::Note, why, Cure::Hand(hand.to_owned()))
        }
        Over::Unknown(why) => {
            let hand = "`git fetch`: the ledger here may be behind";
            (Severity::Warning, why, Cure::Hand(hand.to_owned()))
        }
    };
    Finding {
        ailment: AILMENT.id,
        severity,
        what: "a worktree bound to a claim that is over".to_owned(),
        place: shown(&linked.worktree.path),
        why,
        cure,
    }
}

fn unbind(patient: &Patient, path: &std::path::Path) -> Result<Mended, OpError> {
    let mut all = patient.linked()?.into_iter();
    let linked = all.find(|linked| linked.worktree.path == path);
    let Some(linked) = linked.filter(|linked| !linked.is_missing()) else {
        return Ok(Mended::Done("the worktree is gone".to_owned()));
    };
    let (Some(bound), Some(git_dir), Some(now)) =
        (linked.bound(), &linked.git_dir, patient.look_again()?)
    else {
        return Ok(Mended::Done("it is bound to nothing".to_owned()));
    };
    if !matches!(judge(&now, bound), Some(Over::Ended { .. })) {
        return Ok(Mended::Kept("its task is worked on again".to_owned()));
    }
    let status = patient.repo.status(path)?;
    if !status.is_clean() {
        let mut what = status.dirty;
        what.extend(
            status
                .operation
                .map(|operation| format!("a {operation} in progress")),
        );
        let what = what.join(", ");
        return Ok(Mended::Kept(format!("it has uncommitted changes: {what}")));
    }
    Binding::remove(git_dir).map_err(WorkspaceError::from)?;
    Ok(Mended::Done("took the binding off".to_owned()))
}
