//! `claim-journal`: a claim that a process began and did not settle into, because it died.

use std::fs;
use std::io;
use std::time::Duration;

use super::patient::shown;
use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::ops::OpError;
use crate::workspace::{LeftClaim, left_claims};

pub const AILMENT: Ailment = Ailment {
    id: "claim-journal",
    about: "claims that were begun by dead processes",
    find,
};

/// How long a claim that the ledger does not have is waited for: a push without an answer may
/// still arrive.
const ARRIVES: Duration = Duration::from_secs(3600);

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let (Ok(site), Some(snapshot)) = (&patient.ledger, &patient.snapshot) else {
        return Ok(Vec::new());
    };
    let left = left_claims(&site.ledger.dir().join("claims"), &patient.env);
    let found = left.into_iter().map(|left| {
        let held = snapshot
            .states
            .iter()
            .find(|(_, state)| state.occupying().is_some_and(|claim| claim.id == left.id));
        let of = |severity, why: String, cure| Finding {
            ailment: AILMENT.id,
            severity,
            what: format!(
                "a claim of {} that was begun and not settled into",
                left.agent
            ),
            place: shown(&left.path),
            why,
            cure,
        };
        match held {
            Some((id, _)) => {
                let why = format!("`{id}` is claimed; its process died before the lane was open");
                let hand = format!(
                    "the same `laneway claim` by {} goes on with it; or `laneway release {id}`",
                    left.agent
                );
                of(Severity::Warning, why, Cure::Hand(hand))
            }
            None if age(&left, patient).is_some_and(|age| age > ARRIVES) => {
                let why = "its process died, and the ledger does not have it".to_owned();
                of(Severity::Warning, why, forget(left.clone()))
            }
            None => {
                let why = "its process died within the last hour; it may still arrive".to_owned();
                let hand = "the same `laneway claim` goes on with it".to_owned();
                of(Severity::Note, why, Cure::Hand(hand))
            }
        }
    });
    Ok(found.collect())
}

fn age(left: &LeftClaim, patient: &Patient) -> Option<Duration> {
    let now = patient.env.clock.of_files();
    now.duration_since(left.since?).ok()
}

fn forget(left: LeftClaim) -> Cure {
    Cure::repair("forget it", move |_| match fs::remove_file(&left.path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            let path = left.path.clone();
            Err(OpError::Io { path, source })
        }
        _ => Ok(Mended::Done("forgot it".to_owned())),
    })
}
