//! `workstation quarantine`, `retire`, `restore`: what the ledger says of a workstation. It takes
//! effect at once, and on new claims only: claims that stand are not touched (I13).

use super::{Change, Context, StationChange};
use crate::domain::gates::since;
use crate::domain::id::WorkstationName;
use crate::domain::identity::Capability;
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::workstation::{Hold, StationAct, StationState, WorkstationState};

pub(super) fn act(
    ctx: Context<'_>,
    name: &WorkstationName,
    act: StationAct,
    reason: &str,
) -> Result<Change, Refusal> {
    let refused = |unmet: Unmet| {
        let what = format!("cannot {act} {name}");
        Err(Refusal::one(what, None, unmet.about(name)))
    };
    let Some(station) = ctx.snapshot.station(name) else {
        return refused(unregistered(name));
    };
    if !ctx
        .snapshot
        .rules
        .identity
        .may(ctx.agent(), Capability::Admin)
    {
        let message = format!("{} may not {}", ctx.agent(), Capability::Admin);
        let unmet = Unmet::rule("agent-may", message);
        return refused(unmet.hint("`may` in governance/identity-map.yaml"));
    }
    if reason.trim().is_empty() {
        let message = format!("to {act} a workstation owes a reason");
        return refused(Unmet::rule("reason-owed", message).hint("`--reason …`"));
    }
    let state = match (act, station.hold()) {
        // Retired is for good: work of the past names it, and must not come to mean another.
        (_, Some(hold)) if hold.state == WorkstationState::Retired => {
            let message = format!("{name} is {}", since(hold));
            let unmet = Unmet::rule("workstation-state", message);
            return refused(unmet.hint("register a new one: `laneway workstation add NAME`"));
        }
        (StationAct::Quarantine, Some(hold)) => {
            let message = format!("{name} is {} already", since(hold));
            return refused(Unmet::rule("workstation-state", message));
        }
        (StationAct::Quarantine, None) => Some(WorkstationState::Quarantined),
        (StationAct::Retire, _) => Some(WorkstationState::Retired),
        (StationAct::Restore, Some(_)) => None,
        (StationAct::Restore, None) => {
            let standing = station.standing();
            let message = format!("the ledger does not hold {name} out of service");
            let unmet = Unmet::rule("workstation-state", message);
            return refused(match standing {
                WorkstationState::Ready => unmet,
                _ => unmet.hint(format!(
                    "it is {standing} in governance/workstations.yaml: change that by a commit"
                )),
            });
        }
    };
    let hold = state.map(|state| Hold {
        state,
        reason: reason.to_owned(),
        by: ctx.agent().clone(),
        at: ctx.request.at,
    });
    let used = station.state.and_then(|state| state.used.clone());
    Ok(Change {
        stations: vec![StationChange {
            workstation: name.clone(),
            state: StationState { hold, used },
        }],
        ..Change::default()
    })
}

fn unregistered(name: &WorkstationName) -> Unmet {
    Unmet::rule(
        "workstation-missing",
        format!("the workstation {name} is not registered"),
    )
    .hint("`laneway workstation list` shows all of them")
}
