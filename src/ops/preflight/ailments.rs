//! `ailments`: what `doctor` finds.

use super::{Check, Flight, Line};
use crate::ops::OpError;
use crate::ops::doctor::{Cure, Finding, Mended, Patient, Severity, examine};

pub const CHECK: Check = Check {
    id: "ailments",
    about: "nothing is left over and nothing is broken",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let found = examine(flight.patient);
    let count = |severity| found.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let fact = format!("`laneway doctor` finds {errors} error(s), {warnings} warning(s)");
    let line = match (errors, warnings) {
        (0, 0) => return vec![CHECK.ok("`laneway doctor` finds nothing wrong")],
        (0, _) => CHECK.warning(fact),
        _ => CHECK.failed(fact),
    };
    vec![if found.iter().any(|one| one.plan().is_some()) {
        let plan = "repairs them as `laneway doctor --fix` does";
        line.cured_by(Cure::repair(plan, repair))
    } else {
        line.next("`laneway doctor` says what helps")
    }]
}

fn repair(patient: &Patient) -> Result<Mended, OpError> {
    let mended: Vec<Mended> = examine(patient)
        .iter()
        .filter_map(|finding: &Finding| finding.repair(patient))
        .collect();
    let kept = mended.iter().find_map(|mended| match mended {
        Mended::Kept(why) => Some(why.clone()),
        Mended::Done(_) => None,
    });
    Ok(match kept {
        Some(why) => Mended::Kept(why),
        None => Mended::Done(format!("{} repaired", mended.len())),
    })
}
