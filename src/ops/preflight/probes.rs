//! `probes`: the workstations that the next tasks would get are ready, as their probes say.

use super::{Check, Flight, Line};
use crate::domain::id::WorkstationName;
use crate::domain::workstation::ProbeResult;
use crate::ops::readiness;

pub const CHECK: Check = Check {
    id: "probes",
    about: "the workstations of ready tasks are ready",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let places = flight.places();
    let known = |name| Some((name, flight.workstation(name)?));
    let stations: Vec<_> = places
        .keys()
        .filter_map(known)
        .filter(|(_, known)| !known.probes.is_empty())
        .collect();
    let Some(site) = flight.site().filter(|_| !stations.is_empty()) else {
        return vec![CHECK.skipped("no probes declared")];
    };
    match readiness::look(site, &stations, false) {
        Ok(seen) => seen
            .iter()
            .flat_map(|seen| {
                seen.probes
                    .iter()
                    .map(|probe| one(&seen.workstation, probe))
            })
            .collect(),
        Err(error) => vec![CHECK.failed(format!("the probes could not be run: {error}"))],
    }
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
