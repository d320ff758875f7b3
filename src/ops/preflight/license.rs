//! `licenses`: licences that the next tasks require are attested on the workstation they would
//! get.

use super::{Check, Flight, Line};
use crate::domain::gates::{ClaimCase, stands_against};

pub const CHECK: Check = Check {
    id: "licenses",
    about: "workstations have the licences that ready tasks require",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let (Some(snapshot), now) = (flight.snapshot(), flight.patient.env.now()) else {
        return vec![CHECK.skipped("the ledger does not read")];
    };
    for (place, tasks) in flight.places() {
        for task in tasks {
            let case = ClaimCase::open(snapshot, task, now);
            let lacks = stands_against(&case, &place).into_iter();
            let lacks: Vec<_> = lacks
                .filter(|unmet| unmet.gate == "workstation-license")
                .collect();
            if lacks.is_empty() && !task.requires.licenses.is_empty() {
                let names = task.requires.licenses.join("`, `");
                lines.push(CHECK.ok(format!("{place} has `{names}` for `{}`", task.id)));
            }
            lines.extend(lacks.into_iter().map(|lack| {
                let line = CHECK.warning(format!("`{}`: {}", task.id, lack.message));
                match lack.hint {
                    Some(hint) => line.next(hint),
                    None => line,
                }
            }));
        }
    }
    if lines.is_empty() {
        lines.push(CHECK.skipped("no ready task requires a licence"));
    }
    lines
}
