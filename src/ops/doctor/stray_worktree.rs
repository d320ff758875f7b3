//! `stray-worktree`: a worktree that stands where a lane's would, bound to nothing and on no lane's
//! branch, so that the lane cannot be opened.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::patient::{Linked, shown};
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::domain::id::ObjectId;
use crate::ops::{OpError, claim};
use crate::workspace::{self, Removal};

pub const AILMENT: Ailment = Ailment {
    id: "stray-worktree",
    about: "worktrees in the place of a lane",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let (Ok(site), Some(rules)) = (&patient.ledger, &patient.rules) else {
        return Ok(Vec::new());
    };
    let lanes = workspace::lanes_of(&rules.policy);
    let branches: BTreeSet<String> = lanes.keys().map(|branch| branch.full()).collect();
    let places = lanes.values();
    let places = places.filter_map(|lane| claim::default_path(site, &rules.policy, lane).ok());
    let places: BTreeSet<PathBuf> = places.collect();
    let strays = patient.linked()?.into_iter().filter(|linked| {
        let of_lane = linked.worktree.branch.as_ref();
        matches!(linked.binding, Ok(None))
            && !linked.is_missing()
            && linked.worktree.locked.is_none()
            && !of_lane.is_some_and(|branch| branches.contains(branch))
            && in_place(&places, linked)
    });
    Ok(strays.map(finding).collect())
}

/// Whether it stands at a lane's place, or at that of a lane that was taken over.
fn in_place(places: &BTreeSet<PathBuf>, linked: &Linked) -> bool {
    let path = &linked.worktree.path;
    let name = path.file_name().map(|name| name.to_string_lossy());
    let taken_over = name.and_then(|name| {
        let (base, epoch) = name.rsplit_once("-e")?;
        epoch.parse::<u32>().ok()?;
        Some(path.with_file_name(base))
    });
    places.contains(path) || taken_over.is_some_and(|path| places.contains(&path))
}

fn finding(linked: Linked) -> Finding {
    let path = linked.worktree.path;
    let (why, cure) = match linked.worktree.branch {
        Some(branch) => {
            let why = format!("it is on `{branch}`, which is no lane's, and bound to no task");
            (why, Cure::Hand("move it: `git worktree move`".to_owned()))
        }
        None => {
            let why = "it is on no branch and bound to no task".to_owned();
            let path = path.clone();
            let act = move |patient: &Patient| remove(patient, &path);
            (
                why,
                Cure::repair("remove it, if nothing in it would be lost", act),
            )
        }
    };
    Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: "a worktree in the place of a lane".to_owned(),
        place: shown(&path),
        why,
        cure,
    }
}

fn remove(patient: &Patient, path: &std::path::Path) -> Result<Mended, OpError> {
    let Some(rules) = &patient.rules else {
        return Ok(Mended::Kept("the rules do not load".to_owned()));
    };
    let saved: BTreeSet<ObjectId> = patient.kept(None)?.into_iter().collect();
    let removal = Removal {
        path,
        target: rules.at,
        saved: &saved,
        in_progress: false,
    };
    workspace::remove(&patient.repo, &removal)?;
    Ok(Mended::Done("removed it".to_owned()))
}
