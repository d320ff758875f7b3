//! `stale-lock`: a lock file of git that nobody who lives can hold, or whose holder cannot be told.

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::git::{Cleared, LockFile, Standing};
use crate::ops::OpError;

pub const AILMENT: Ailment = Ailment {
    id: "stale-lock",
    about: "lock files that were left behind",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let mut found = Vec::new();
    for path in patient.repo.lock_files() {
        if let Some(lock) = patient.repo.look_at_lock(&path, &patient.env)? {
            found.extend(finding(&lock));
        }
    }
    Ok(found)
}

fn finding(lock: &LockFile) -> Option<Finding> {
    let severity = match &lock.standing {
        Standing::Stale => Severity::Error,
        Standing::Doubtful(_) => Severity::Warning,
        Standing::Held(all) if all.iter().any(|holder| holder.stopped) => Severity::Warning,
        Standing::Held(_) | Standing::Signed { gone: false, .. } => Severity::Note,
        // Between two steps of a living process; a dead owner's journal is another ailment.
        Standing::Young | Standing::Signed { gone: true, .. } => return None,
    };
    let (path, stale) = (lock.path.clone(), lock.is_stale());
    let cure = if stale {
        Cure::repair("remove it", move |patient| {
            Ok(match patient.repo.clear_lock(&path, &patient.env)? {
                Cleared::Done(_) => Mended::Done("removed it".to_owned()),
                Cleared::Gone => Mended::Done("it went by itself".to_owned()),
                Cleared::Stays(lock) => Mended::Kept(format!("it {}", lock.told())),
            })
        })
    } else {
        Cure::Hand(lock.remedy())
    };
    Some(Finding {
        ailment: AILMENT.id,
        severity,
        what: format!("a lock file, {} old", lock.aged()),
        place: shown(&lock.path),
        why: format!("it {}", lock.told()),
        cure,
    })
}
