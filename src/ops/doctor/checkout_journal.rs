//! `checkout-journal`: a checkout of the target that a merge had locked when it died.

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::workspace::{self, Recovered};

pub const AILMENT: Ailment = Ailment {
    id: "checkout-journal",
    about: "checkouts that a dead merge left locked",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let left = workspace::unsettled(&patient.repo, &patient.env)?;
    let found = left.into_iter().map(|path| Finding {
        ailment: AILMENT.id,
        severity: Severity::Error,
        what: "a checkout locked by a merge that died".to_owned(),
        place: shown(&path),
        why: "its `index.lock` is a journal of laneway, and the process it names is gone"
            .to_owned(),
        cure: Cure::repair(
            "let the checkout follow its branch if that has moved, and free it",
            move |patient| {
                let settled = workspace::recover(&patient.repo, &patient.env)?;
                let of = |outcome: &Recovered| match outcome {
                    Recovered::Finished { path: it } if *it == path => Some("it has followed"),
                    Recovered::Undone { path: it } if *it == path => Some("it is free"),
                    Recovered::Behind { path: it, .. } if *it == path => {
                        Some("it is free, and behind its branch: changes stand in the way")
                    }
                    _ => None,
                };
                let told = settled.iter().find_map(of).unwrap_or("it is free");
                Ok(Mended::Done(told.to_owned()))
            },
        ),
    });
    Ok(found.collect())
}
