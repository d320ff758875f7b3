//! `unreadable`: a ledger that does not open, or rules, plan or state that do not load.

use std::path::Path;

use super::{Ailment, Cure, Finding, Patient, Severity};
use crate::domain::shell::quoted;
use crate::git::GitError;
use crate::ledger::LedgerError;
use crate::ops::OpError;

pub const AILMENT: Ailment = Ailment {
    id: "unreadable",
    about: "files of the ledger that do not read",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let of = |error: &LedgerError, what: &str, place: String| Finding {
        ailment: AILMENT.id,
        severity: Severity::Error,
        what: what.to_owned(),
        place,
        why: error.to_string(),
        cure: Cure::Hand(remedy(error)),
    };
    let mut found = Vec::new();
    match &patient.ledger {
        // `rewritten` tells it.
        Err(LedgerError::Rewritten { .. }) => {}
        Err(error) => found.push(of(error, "the ledger does not open", patient.place())),
        Ok(site) => {
            let place = site.ledger.tip_ref.clone();
            let unread = patient.unread.as_ref();
            found.extend(unread.map(|error| of(error, "rules, plan or state do not load", place)));
        }
    }
    Ok(found)
}

/// How git is told where the files of a repository are.
#[must_use]
pub fn record_checkout(work_dir: Option<&Path>) -> String {
    match work_dir {
        Some(dir) => format!(
            "say it: `git config core.worktree {}`",
            quoted(&dir.to_string_lossy())
        ),
        // Said here it would be the wrong place, for all worktrees.
        None => {
            "run `laneway doctor` in the main checkout: it says how to record the place".to_owned()
        }
    }
}

/// What helps where the ledger, or what it goes by, does not read.
pub fn remedy(error: &LedgerError) -> String {
    if let LedgerError::Git(GitError::CheckoutUnknown { work_dir, .. }) = error {
        return record_checkout(work_dir.as_deref());
    }
    if let LedgerError::Git(GitError::MissingObject {
        part: Some(part), ..
    }) = error
    {
        return format!("`{}`", part.whole);
    }
    match error {
        LedgerError::NoLedger => "`git fetch` if a remote has one, else `laneway init`",
        LedgerError::NotALedger(_) | LedgerError::Ambiguous(_) => "name it: `--ledger BRANCH`",
        LedgerError::Undecided { .. } | LedgerError::OtherAuthority { .. } => {
            "ask who keeps the ledger, then say who decides: `git config laneway.remote NAME`"
        }
        LedgerError::NotHere { copies, .. } if !copies.is_empty() => {
            "say which remote decides: `git config laneway.remote NAME`"
        }
        LedgerError::NotHere { .. } => "`git fetch` the remote that decides",
        LedgerError::NoTarget(_) => "`git fetch`, or make a first commit",
        LedgerError::NewerLaw { .. } => "install a newer laneway",
        LedgerError::BadFile(_) => {
            "`laneway validate` shows every finding; commit the mended file on the target"
        }
        _ => "`git fsck --connectivity-only` says which objects are damaged",
    }
    .to_owned()
}
