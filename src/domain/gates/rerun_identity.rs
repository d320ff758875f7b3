//! `rerun-identity`: where policy asks for it, work that comes back goes to who had it (I19).

use super::{ClaimCase, ClaimGate, Page, lists};
use crate::domain::id::{AgentName, WorkstationName};
use crate::domain::policy::Rerun;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Rules;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "rerun-identity",
        about: "work that comes back is gone on with by the agent that had it",
        refusals: &[],
        keys: &["policy: routing", "identity-map: routing"],
        text: "With `routing: {rerun: require}`, work that comes back from a block, a review or a \
               reopening goes to the agent that did it, as long as the identity map still lists \
               that agent for it. Whatever a lease or its holder gave up is anybody's. `laneway \
               release ID --force --reason …` frees the task; `rerun: prefer` only prefers the \
               earlier workstation for the same agent.",
        in_force: |rules: &Rules| rules.policy.routing.rerun == Rerun::Require,
    },
    check,
    holds,
};

fn holds(case: &ClaimCase<'_>) -> bool {
    keeper(case).is_none()
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let Some((agent, workstation)) = keeper(case) else {
        return Vec::new();
    };
    let id = &case.task.id;
    let message = format!("`{id}` goes back to {agent}, who did it on {workstation}");
    let hint = format!(
        "`laneway release {id} --force --reason …` frees it; `routing.rerun` is in \
         governance/policy.yaml"
    );
    vec![Unmet::rule("rerun-identity", message).hint(hint)]
}

/// Who else must go on with the task.
fn keeper<'a>(case: &ClaimCase<'a>) -> Option<(&'a AgentName, &'a WorkstationName)> {
    let asks = case.agent?;
    if case.snapshot.rules.policy.routing.rerun == Rerun::Prefer {
        return None;
    }
    let (agent, workstation) = case.snapshot.states.get(&case.task.id).rerun()?;
    let theirs = ClaimCase {
        agent: Some(agent),
        workstation: None,
        ..*case
    };
    (agent != asks && lists(&theirs)).then_some((agent, workstation))
}
