//! `claim-without-lane`: a task in progress whose branch is here, with no worktree bound to it.

use super::{Ailment, Cure, Finding, Patient, Severity};
use crate::ops::OpError;

pub const AILMENT: Ailment = Ailment {
    id: "claim-without-lane",
    about: "claims without a worktree",
    find,
};

fn find(patient: &Patient) -> Result<Vec<Finding>, OpError> {
    let Some(snapshot) = &patient.snapshot else {
        return Ok(Vec::new());
    };
    let linked = patient.linked()?;
    let mut found = Vec::new();
    for (id, state, claim) in snapshot.states.in_progress() {
        let bound = linked.iter().filter(|linked| !linked.is_missing());
        let mut bound = bound.filter_map(|linked| linked.bound());
        if bound.any(|bound| bound.task == *id && bound.epoch == state.epoch)
            || patient.repo.tip(&claim.branch.full())?.is_none()
        {
            continue;
        }
        let (agent, branch) = (&claim.agent, &claim.branch);
        found.push(Finding {
            ailment: AILMENT.id,
            severity: Severity::Note,
            what: format!("{agent} works on `{id}` without a worktree here"),
            place: branch.full(),
            why: format!(
                "`{branch}` is here, and no worktree is bound to epoch {}",
                state.epoch
            ),
            cure: Cure::Hand(format!(
                "if the work is on this machine: `laneway claim {id} --as {agent} --request-id {}`",
                claim.id
            )),
        });
    }
    Ok(found)
}
