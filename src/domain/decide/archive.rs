//! `archive`: closed tasks leave plan and state, and come back as they were (P12).

use std::collections::HashMap;

use super::{Change, Context, plan};
use crate::domain::archive::{self, ArchiveChange, Closed, Period, Recalled};
use crate::domain::id::TaskId;
use crate::domain::identity::Capability;
use crate::domain::plan::Origin;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::task::Task;

/// Puts the closed tasks that are meant into the archive, but for those that open work needs.
pub(super) fn put(ctx: Context<'_>, closed: &Closed) -> Result<Change, Refusal> {
    may(ctx)?;
    if let Closed::Tasks(ids) = closed {
        for id in ids.iter().filter(|id| !ctx.snapshot.states.is_archived(id)) {
            let state = ctx.state(id)?;
            if archive::closed_at(state).is_none() {
                let message = format!("`{id}` is {}", state.status());
                let unmet =
                    Unmet::rule("lifecycle", message).hint("only closed tasks are archived");
                return Err(ctx.refuse(id, unmet));
            }
        }
    }
    let chosen = archive::choose(ctx.snapshot, closed);
    Ok(Change {
        archive: ArchiveChange {
            rules: Some(ctx.snapshot.rules.at),
            put: chosen.put,
            taken: Vec::new(),
        },
        ..Change::default()
    })
}

/// Gives tasks back, with their epochs and records.
pub(super) fn restore(ctx: Context<'_>, recalled: &Recalled) -> Result<Change, Refusal> {
    may(ctx)?;
    let states = &ctx.snapshot.states;
    let period = |id: &TaskId| archive::closed_at(states.get(id)).map(Period::of);
    let mut taken: Vec<(TaskId, Period)> = match recalled {
        Recalled::Of(wanted) => states
            .archive()
            .keys()
            .filter_map(|id| Some((id.clone(), period(id)?)))
            .filter(|(_, period)| period == wanted)
            .collect(),
        Recalled::Tasks(ids) => {
            let mut taken = Vec::new();
            for id in ids {
                if states.is_archived(id) {
                    taken.extend(period(id).map(|period| (id.clone(), period)));
                } else {
                    // One that is there was given back before.
                    ctx.task(id)?;
                }
            }
            taken
        }
    };
    taken.sort();
    taken.dedup();
    fits(ctx, &taken)?;
    Ok(Change {
        archive: ArchiveChange {
            rules: Some(ctx.snapshot.rules.at),
            put: Vec::new(),
            taken,
        },
        ..Change::default()
    })
}

/// Tasks that come back must fit the plan as it is by now: defined once, and in no cycle with it.
/// What else may have changed, such as a role that is gone, concerns them alone, as it would have
/// if they had never left.
fn fits(ctx: Context<'_>, taken: &[(TaskId, Period)]) -> Result<(), Refusal> {
    let planned = &ctx.snapshot.plan;
    let mut unmet = Vec::new();
    let mut back: HashMap<&TaskId, &Task> = HashMap::new();
    for (id, _) in taken {
        let Some((task, origin)) = ctx.snapshot.facts.archived.get(id) else {
            continue;
        };
        let task = match (origin, planned.hidden(id)) {
            (Origin::Ledger, Some(other)) if other != task => {
                let message = format!("`{id}` is defined differently on the target by now");
                let hint = "give what the target plans another id there, or take it out";
                unmet.push(Unmet::rule("id-taken", message).hint(hint));
                continue;
            }
            (Origin::Target, Some(now)) => now,
            _ => task,
        };
        back.insert(id, task);
    }
    unmet.extend(plan::cycle(&back, |id| {
        planned.get(id).map_or(&[], |task| &task.depends_on)
    }));
    if unmet.is_empty() {
        return Ok(());
    }
    let only = match taken {
        [(id, _)] => Some(id),
        _ => None,
    };
    Err(Refusal::new(ctx.what(only), only, unmet))
}

/// Who may plan, or may do everything.
fn may(ctx: Context<'_>) -> Result<(), Refusal> {
    let map = &ctx.snapshot.rules.identity;
    if map.may(ctx.agent(), Capability::Plan) || map.may(ctx.agent(), Capability::Admin) {
        return Ok(());
    }
    let message = format!("{} may not {}", ctx.agent(), Capability::Plan);
    let unmet = Unmet::rule("agent-may", message).hint("`may` in governance/identity-map.yaml");
    Err(Refusal::one(ctx.what(None), None, unmet))
}
