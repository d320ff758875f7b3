//! `ledger`: ledger, rules, plan and states read.

use super::{Check, Flight, Line};
use crate::ops::doctor::remedy;

pub const CHECK: Check = Check {
    id: "ledger",
    about: "ledger, rules, plan and states read",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let patient = flight.patient;
    let error = match &patient.ledger {
        Err(error) => Some(error),
        Ok(_) => patient.unread.as_ref(),
    };
    if let Some(error) = error {
        return vec![CHECK.failed(error.to_string()).next(remedy(error))];
    }
    let Some((site, snapshot)) = flight.site().zip(flight.snapshot()) else {
        return vec![CHECK.skipped("there is nothing to read")];
    };
    let name = &site.ledger.tip_ref;
    let at = snapshot.tip.map_or("none".to_owned(), |tip| tip.short());
    vec![CHECK.ok(format!("{name} at {at}"))]
}
