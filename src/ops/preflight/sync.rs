//! `sync`: a lane at work stands on the target (P34). A free one is reset by its next claim.

use super::{Check, Flight, Line};
use crate::domain::id::LaneName;
use crate::ops::doctor::{Cure, Mended, Patient};
use crate::ops::{OpError, lane};
use crate::workspace::{Stands, Synced};

pub const CHECK: Check = Check {
    id: "sync",
    about: "lanes at work stand on the target",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for lane in flight
        .lanes
        .iter()
        .filter(|lane| lane.behind > 0 && lane.stands == Stands::Worktree)
    {
        let Some(name) = lane.lane.as_ref().filter(|name| flight.is_taken(name)) else {
            continue;
        };
        let fact = format!("{name}: {} commit(s) behind the target", lane.behind);
        let line = CHECK.warning(fact);
        let usable = lane.dirty.is_empty() && lane.operation.is_none();
        lines.push(if usable {
            let (plan, name) = (format!("`laneway lane sync {name}`"), name.clone());
            line.cured_by(Cure::repair(plan, move |patient| sync(patient, &name)))
        } else {
            line.next(format!("clean it, then `laneway lane sync {name}`"))
        });
    }
    if lines.is_empty() {
        lines.push(CHECK.ok("no lane at work is behind the target"));
    }
    lines
}

fn sync(patient: &Patient, name: &LaneName) -> Result<Mended, OpError> {
    let Ok(site) = &patient.ledger else {
        return Ok(Mended::Kept("the ledger does not open".to_owned()));
    };
    Ok(match lane::sync(site, Some(name), false)?.synced {
        Synced::Rebased(tip) => Mended::Done(format!("{name} stands at {}", tip.short())),
        Synced::Current(_) => Mended::Done(format!("{name} stood there already")),
        Synced::Conflict { paths } => {
            Mended::Kept(format!("{name} conflicts in {}", paths.join(", ")))
        }
    })
}
