//! `broken-worktree`: a lane's directory in which something else stands than its worktree.

use std::fs;
use std::path::Path;

use super::patient::{Linked, shown};
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::workspace::Stands;

pub const AILMENT: Ailment = Ailment {
    id: "broken-worktree",
    about: "lanes whose directory is no worktree",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let mut found = Vec::new();
    for linked in patient.linked()? {
        let ours = !matches!(linked.binding, Ok(None)) || patient.is_on_lane(&linked);
        if let Stands::Other(what) = Stands::at(&patient.repo, &linked.worktree)
            && ours
        {
            found.push(finding(&linked, &what));
        }
    }
    Ok(found)
}

fn is_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|data| data.is_dir())
}

fn holds_files(path: &Path) -> bool {
    is_dir(path) && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some())
}

fn finding(linked: &Linked, what: &str) -> Finding {
    let path = linked.worktree.path.clone();
    let dot = path.join(".git");
    // What has a `.git` may be somebody's repository, and behind a link is another place: only a
    // person can tell. A directory without files would be a worktree in which all are deleted.
    let cure = if holds_files(&path) && fs::symlink_metadata(&dot).is_err() {
        Cure::repair("write its `.git` again; nothing else is touched", {
            let path = path.clone();
            move |patient| {
                let written = patient.repo.reattach(&path)?;
                Ok(Mended::Done(if written {
                    "it is a worktree again".to_owned()
                } else {
                    "it is there again".to_owned()
                }))
            }
        })
    } else {
        let away = match dot.is_file() && is_dir(&path) {
            true => &dot,
            false => &path,
        };
        Cure::Hand(format!(
            "move `{}` away, then `laneway doctor --fix`",
            shown(away)
        ))
    };
    Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: format!("a lane whose directory is no worktree, but {what}"),
        place: shown(&path),
        why: match linked.bound() {
            Some(bound) => format!("{} works there on {}", bound.agent, bound.task),
            None => "its lane cannot be opened".to_owned(),
        },
        cure,
    }
}
