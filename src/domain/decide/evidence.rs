//! `evidence`: what shows that work is right, and where it may be shown.

use super::note::touched;
use super::{Change, Context};
use crate::domain::id::TaskId;
use crate::domain::identity::Capability;
use crate::domain::policy::CrossWorkstation;
use crate::domain::record::{Evidence, RecordBody};
use crate::domain::refusal::{Refusal, Unmet};
use crate::domain::state::{Claim, Standing};

pub(super) fn evidence(
    ctx: Context<'_>,
    id: &TaskId,
    evidence: &Evidence,
) -> Result<Change, Refusal> {
    let state = ctx.state(id)?;
    match &state.standing {
        // Whoever merges or reviews checks the work too; the gate believes what is recorded.
        Standing::InReview { claim, .. } if claim.agent != *ctx.agent() => {
            let map = &ctx.snapshot.rules.identity;
            if !map.may(ctx.agent(), Capability::Review) {
                ctx.require(id, Capability::Merge)?;
            }
        }
        _ => {
            at_home(ctx, id, ctx.hold(id, state)?)?;
        }
    }
    let record = RecordBody::Evidence(evidence.clone());
    Ok(Change::state(id, touched(ctx, id, state)?, vec![record]))
}

/// What the holder does to the work is done where it was claimed, unless policy says otherwise
/// (I17).
pub(super) fn at_home(ctx: Context<'_>, id: &TaskId, claim: &Claim) -> Result<(), Refusal> {
    let (rules, host) = (&ctx.snapshot.rules, &ctx.request.actor.host);
    if rules.policy.cross_workstation == CrossWorkstation::Allow {
        return Ok(());
    }
    let known = rules.workstations.workstations.get(&claim.workstation);
    match known.filter(|known| !known.runs_on(host)) {
        None => Ok(()),
        Some(known) => {
            let name = &claim.workstation;
            let message = format!(
                "`{id}` is claimed on {name}, which runs on {}, not on {host}",
                known.hosts.join(", ")
            );
            let unmet = Unmet::rule("workstation-host", message).about(name);
            Err(ctx.refuse(
                id,
                unmet.hint(
                    "go on there; or `cross_workstation: allow` in governance/policy.yaml lets \
                     work move",
                ),
            ))
        }
    }
}
