//! `clock`: it contradicts neither the ledger nor the time since boot, else nothing is taken over.

use super::{Check, Flight, Line};
use crate::domain::lease;
use crate::ledger::sight;

pub const CHECK: Check = Check {
    id: "clock",
    about: "the clock can be right",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let Some((site, snapshot)) = flight.site().zip(flight.snapshot()) else {
        return vec![CHECK.skipped("the ledger does not read")];
    };
    let now = flight.patient.env.now();
    let terms = snapshot.rules.policy.lease;
    let help = "set the clock; a person who knows that it is right claims with `--trust-clock`";
    if !lease::clock_plausible(terms, now, snapshot.tip_time) {
        let tip = snapshot.tip_time;
        let fact = format!("this clock shows {now}, before the ledger's last moment {tip}");
        return vec![CHECK.failed(fact).next(help)];
    }
    let jump = sight::clock_jump(&flight.patient.env, &site.ledger.dir(), false);
    vec![match jump {
        Some(jump) => CHECK
            .warning(format!(
                "it has jumped by {jump} s against the time since boot"
            ))
            .next(help),
        None => CHECK.ok(format!("{now}")),
    }]
}
