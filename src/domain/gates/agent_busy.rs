//! `agent-busy`: an agent has no more tasks in progress at once than policy allows.

use super::{ClaimCase, ClaimGate, Page};
use crate::domain::id::TaskId;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Rules;
use crate::domain::state::Claim;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "agent-busy",
        about: "the agent has fewer tasks in progress than policy allows it at once",
        refusals: &[],
        keys: &["policy: claims_per_agent"],
        text: "Without `claims_per_agent` an agent may have a task in each lane of its roles. With \
               it, one that claims in a loop does not empty the queue for the others. A task that \
               is handed off, blocked or released does not count, nor one whose lease has ended.",
        in_force: |rules: &Rules| rules.policy.claims_per_agent.is_some(),
    },
    check,
    holds,
};

/// The tasks that the agent has in progress beside this one.
fn held<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = (&'a TaskId, &'a Claim)> {
    let (snapshot, agent, id) = (case.snapshot, case.agent, &case.task.id);
    let all = snapshot.states.occupying(&snapshot.rules.policy, case.now);
    all.filter(move |(other, claim)| Some(&claim.agent) == agent && *other != id)
}

/// The limit, once as many tasks are held.
fn reached(case: &ClaimCase<'_>) -> Option<usize> {
    let limit = case.snapshot.rules.policy.claims_per_agent? as usize;
    (case.agent.is_some() && held(case).count() >= limit).then_some(limit)
}

fn holds(case: &ClaimCase<'_>) -> bool {
    reached(case).is_none()
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let (Some(limit), Some((id, claim))) = (reached(case), held(case).min_by_key(|(id, _)| *id))
    else {
        return Vec::new();
    };
    let message = format!(
        "{} has `{id}` in progress, and at most {limit} at once",
        claim.agent
    );
    let hint = format!("finish it first: `laneway show {id}`");
    vec![
        Unmet::conflict(GATE.page.id, message)
            .held_by(Holder::claim(id, claim))
            .hint(hint),
    ]
}
