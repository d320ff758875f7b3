//! `pending-chain`: ledger commits that were built and never published, for which nobody waits.

use std::time::Duration;

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ledger::LedgerError;
use crate::ledger::lock;
use crate::ledger::pending::{Pending, PendingFile};
use crate::ops::{OpError, Site};

pub const AILMENT: Ailment = Ailment {
    id: "pending-chain",
    about: "ledger commits that nobody waits for",
    find,
};

/// How long the build lock is waited for.
const LOCK_LIMIT: Duration = Duration::from_secs(10);

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let Ok(site) = &patient.ledger else {
        return Ok(Vec::new());
    };
    let Some(commits) = abandoned(site)? else {
        return Ok(Vec::new());
    };
    Ok(vec![Finding {
        ailment: AILMENT.id,
        severity: Severity::Warning,
        what: match commits {
            1 => "a ledger commit that was never published".to_owned(),
            commits => format!("{commits} ledger commits that were never published"),
        },
        place: shown(&site.ledger.dir().join("pending")),
        why: "nobody waits for it any more, so nobody was told that it counts".to_owned(),
        cure: Cure::repair("drop it", drop_chain),
    }])
}

/// The number of pending commits, if all who waited for them are gone.
fn abandoned(site: &Site) -> Result<Option<usize>, LedgerError> {
    let pending = PendingFile::below(&site.ledger.dir()).read();
    // What follows a tip that was set back had been published once.
    let Ok(tip) = site.ledger.sound_tip() else {
        return Ok(None);
    };
    let chain = pending.after(tip);
    let processes = &*site.env.processes;
    let waits = chain.links.iter().any(|link| link.is_waited_for(processes));
    Ok((!chain.links.is_empty() && !waits).then_some(chain.links.len()))
}

fn drop_chain(patient: &Patient) -> Result<Mended, OpError> {
    let Ok(site) = &patient.ledger else {
        return Ok(Mended::Kept("the ledger does not open".to_owned()));
    };
    let dir = site.ledger.dir();
    let path = dir.join("build.lock");
    let building = lock::take(&site.env, &path, "doctor", LOCK_LIMIT);
    let _building = building.map_err(LedgerError::from)?;
    if abandoned(site)?.is_some() {
        let empty = Pending::on(site.ledger.tip()?);
        let path = dir.join("pending");
        let replaced = PendingFile::below(&dir).replace(&empty);
        replaced.map_err(|source| OpError::Io { path, source })?;
    }
    Ok(Mended::Done("dropped it".to_owned()))
}
