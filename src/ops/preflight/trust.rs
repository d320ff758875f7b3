//! `trust`: the checks that the next tasks owe may run here.

use super::{Check, Flight, Line};
use crate::checks::TrustStore;
use crate::domain::gates::checks_owed;

pub const CHECK: Check = Check {
    id: "trust",
    about: "the checks that ready tasks owe are trusted here",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let Some(snapshot) = flight.snapshot() else {
        return vec![CHECK.skipped("the ledger does not read")];
    };
    let Some(dir) = flight.patient.env.state_dir() else {
        let fact = "no home directory is known, so nothing is trusted";
        return vec![CHECK.warning(fact).next("set LANEWAY_STATE_DIR")];
    };
    let store = TrustStore::open(&dir, &flight.patient.repo.common_dir());
    let mut owed = 0;
    let mut lines = Vec::new();
    for task in flight.soon() {
        let checks = checks_owed(snapshot, task, &[]);
        let checks: Vec<String> = checks.into_iter().map(str::to_owned).collect();
        owed += checks.len();
        let unknown = store.untrusted(&checks);
        if !unknown.is_empty() {
            let fact = format!("not trusted here, of `{}`: {}", task.id, unknown.join("; "));
            let next = format!("read them, then `laneway trust {}`", task.id);
            lines.push(CHECK.warning(fact).next(next));
        }
    }
    match owed {
        0 => vec![CHECK.skipped("no ready task owes a check")],
        _ if lines.is_empty() => vec![CHECK.ok("all checks of ready tasks are trusted")],
        _ => lines,
    }
}
