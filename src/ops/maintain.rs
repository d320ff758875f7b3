//! `maintain`: what a ledger leaves behind is packed, and work refs that the target holds go.
//!
//! A mutation starts it now and then in the background and does not wait for it; never in CI, and
//! not where `gc.auto` or `maintenance.auto` of git's configuration switch such things off.

use std::collections::BTreeSet;

use super::OpError;
use super::site::Site;
use crate::domain::id::ObjectId;
use crate::domain::state::Status;
use crate::git::{Cas, Durability as Flush, Expect, RefEdit};
use crate::ledger::{Ledger, lock};
use crate::process::{Runner, Spawn};
use crate::workspace;

/// From about so many loose objects packing is worth it: some 800 claims.
const MANY: usize = 4096;
/// One mutation in so many looks whether there is something to do.
const NOW_AND_THEN: u64 = 16;

/// What was tidied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Whether another process was at it: then nothing was done here.
    pub elsewhere: bool,
    /// About how many objects were loose before and after.
    pub loose: (usize, usize),
    /// Work refs that were deleted: their task is done, and the target holds their commit.
    pub forgotten: Vec<String>,
}

/// Starts `laneway maintain` in the background, if this is the time for it.
pub fn start_if_due(ledger: &Ledger) {
    let env = &ledger.env;
    if env.is_ci() || env.jitter(NOW_AND_THEN) != 0 {
        return;
    }
    if ledger.repo.loose_objects() < MANY || !ledger.repo.may_tidy() {
        return;
    }
    let spawn = Spawn::new(&env.exe, ledger.repo.common_dir())
        .args(["--quiet", "--ledger", ledger.marker.branch.as_str()])
        .arg("maintain");
    // It is nobody's business whether it could be started.
    drop(Runner::new(env.vars.clone()).leave_running(&spawn));
}

/// Tidies now.
///
/// # Errors
/// Of git; when the ledger does not read.
pub fn maintain(site: &Site) -> Result<Tidied, OpError> {
    let repo = site.repo();
    let before = repo.loose_objects();
    let mut tidied = Tidied {
        loose: (before, before),
        ..Tidied::default()
    };
    let path = repo.common_dir().join("laneway/maintenance.lock");
    let held = lock::take_if_free(&site.env, &path, "maintain");
    let Some(_tidying) = held.map_err(crate::ledger::LedgerError::from)? else {
        tidied.elsewhere = true;
        return Ok(tidied);
    };
    tidied.forgotten = forget_landed(site)?;
    repo.pack_objects()?;
    tidied.loose.1 = repo.loose_objects();
    Ok(tidied)
}

/// Deletes the work refs of done tasks whose commit the target holds. The others keep what audits
/// and reviews look at.
fn forget_landed(site: &Site) -> Result<Vec<String>, OpError> {
    let snapshot = super::look::snapshot(site)?;
    let done: Vec<(String, ObjectId)> = workspace::work_refs(site.repo())?
        .into_iter()
        .filter(|work| snapshot.states.get(&work.task).status() == Status::Done)
        .map(|work| (work.name, work.commit))
        .collect();
    let wanted: BTreeSet<ObjectId> = done.iter().map(|(_, commit)| *commit).collect();
    let held = site
        .repo()
        .reachable_among(site.ledger.target()?, &wanted)?;
    let mut forgotten = Vec::new();
    for (name, commit) in done.into_iter().filter(|(_, commit)| held.contains(commit)) {
        let edit = RefEdit {
            name: name.clone(),
            expect: Expect::At(commit),
            new: None,
        };
        if site.repo().cas(&[edit], "laneway: landed", Flush::Fast)? == Cas::Moved {
            forgotten.push(name);
        }
    }
    Ok(forgotten)
}
