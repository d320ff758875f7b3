//! `torn-landing`: target and ledger disagree about a landing, or a merger died holding the slot.
//! `merge` mends what it comes across in the same way.

use super::{Ailment, Cure, Finding, Mended, Patient, Severity};
use crate::domain::id::TaskId;
use crate::domain::snapshot::Snapshot;
use crate::domain::state::Standing;
use crate::env::Env;
use crate::ops::{OpError, merge};

pub const AILMENT: Ailment = Ailment {
    id: "torn-landing",
    about: "landings that were cut short",
    find,
};

/// What is wrong with a landing, and what is done about it.
#[derive(Debug, PartialEq, Eq)]
struct Torn {
    severity: Severity,
    why: String,
    plan: &'static str,
}

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let Some(snapshot) = &patient.snapshot else {
        return Ok(Vec::new());
    };
    let torn = snapshot.states.iter().filter_map(|(id, _)| {
        let torn = torn(snapshot, id, &patient.env)?;
        Some(finding(id.clone(), torn))
    });
    Ok(torn.collect())
}

fn torn(snapshot: &Snapshot, id: &TaskId, env: &Env) -> Option<Torn> {
    let target = snapshot.rules.at;
    match &snapshot.states.get(id).standing {
        Standing::InReview {
            landing: Some(landing),
            ..
        } => {
            let of = |severity, why, plan| {
                Some(Torn {
                    severity,
                    why,
                    plan,
                })
            };
            let skew = snapshot.rules.policy.lease.skew;
            if landing.shown_by(&snapshot.facts.reachable) {
                let why = format!(
                    "{} is on the target, the task is not done",
                    landing.commit.short()
                );
                return of(Severity::Error, why, "record that it landed");
            }
            if env.now() > landing.until.plus(skew) {
                let (by, host, until) = (&landing.by, &landing.host, landing.until);
                let why =
                    format!("{by} on {host} holds the merge slot; its time passed at {until}");
                return of(
                    Severity::Error,
                    why,
                    "drop the landing; the task stays in review",
                );
            }
            None
        }
        Standing::Done(done) if !snapshot.facts.reachable.contains(&done.commit) => {
            let why = format!(
                "the task is done, {} is not on the target",
                done.commit.short()
            );
            let plan = if done.onto == target {
                "move the target"
            } else {
                "put the task back in review: the target has gone another way"
            };
            Some(Torn {
                severity: Severity::Error,
                why,
                plan,
            })
        }
        _ => None,
    }
}

fn finding(id: TaskId, torn: Torn) -> Finding {
    let (place, before) = (id.to_string(), torn.plan);
    Finding {
        ailment: AILMENT.id,
        severity: torn.severity,
        what: "a landing that was cut short".to_owned(),
        place,
        why: torn.why,
        cure: Cure::repair(torn.plan, move |patient| {
            let now = |patient: &Patient| -> Result<Option<Torn>, OpError> {
                let snapshot = patient.look_again()?;
                Ok(snapshot.and_then(|snapshot| self::torn(&snapshot, &id, &patient.env)))
            };
            let Ok(site) = &patient.ledger else {
                return Ok(Mended::Kept("the ledger does not open".to_owned()));
            };
            match now(patient)? {
                None => return Ok(Mended::Done("it was settled meanwhile".to_owned())),
                Some(torn) if torn.plan != before => {
                    return Ok(Mended::Kept("it changed meanwhile".to_owned()));
                }
                Some(_) => {}
            }
            merge::mend(site, &id)?;
            Ok(match now(patient)? {
                None => Mended::Done("target and ledger agree".to_owned()),
                Some(torn) => Mended::Kept(torn.why),
            })
        }),
    }
}
