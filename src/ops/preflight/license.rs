//! `licenses`: licences that the next tasks require are attested on the workstation they would
//! get.

use super::{Check, Flight, Line};

pub const CHECK: Check = Check {
    id: "licenses",
    about: "workstations have the licences that ready tasks require",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, tasks) in flight.places() {
        let Some(known) = flight.workstation(&place) else {
            continue;
        };
        for task in tasks {
            for name in &task.requires.licenses {
                let found = known.licenses.iter().find(|license| license.name == *name);
                lines.push(match found.filter(|license| license.available) {
                    Some(license) => {
                        let at = license.attested_at;
                        let at = at.map_or_else(String::new, |at| format!(", seen at {at}"));
                        CHECK.ok(format!("{place} has `{name}`{at}"))
                    }
                    None => CHECK
                        .warning(format!(
                            "`{}` requires `{name}`, not attested on {place}",
                            task.id
                        ))
                        .next("attest it under `licenses` in governance/workstations.yaml"),
                });
            }
        }
    }
    if lines.is_empty() {
        lines.push(CHECK.skipped("no ready task requires a licence"));
    }
    lines
}
