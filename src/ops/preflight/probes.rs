//! `probes`: the workstations that the next tasks would get are ready, as their probes say.

use super::{Check, Flight, Line};
use crate::domain::id::WorkstationName;
use crate::domain::workstation::{ProbeResult, Workstation};

pub const CHECK: Check = Check {
    id: "probes",
    about: "the workstations of ready tasks are ready",
    look,
};

/// Asks the probes of a workstation; none where nothing here can.
pub type Ask<'a> = dyn Fn(&WorkstationName, &Workstation) -> Option<Vec<ProbeResult>> + 'a;

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for place in flight.places().into_keys() {
        let Some(known) = flight.workstation(&place) else {
            continue;
        };
        if known.probes.is_empty() {
            continue;
        }
        let asked = flight.options.ask.and_then(|ask| ask(&place, known));
        match asked {
            None => {
                let fact = format!("{place} has {} probe(s), not asked", known.probes.len());
                lines.push(CHECK.skipped(fact));
            }
            Some(results) => lines.extend(results.iter().map(|result| one(&place, result))),
        }
    }
    if lines.is_empty() {
        lines.push(CHECK.skipped("no probes declared"));
    }
    lines
}

fn one(place: &WorkstationName, result: &ProbeResult) -> Line {
    let fact = format!("{place} {}: {}", result.name, result.detail);
    if result.ready {
        CHECK.ok(fact)
    } else {
        CHECK
            .failed(fact)
            .next("make it ready, or claim with `--workstation`")
    }
}
