//! `stage-agent`, `stage-workstation`, `stage-capability`: a claim is made by whom, and where, the
//! contract says (S1, S3).

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::machines::Work;
use crate::domain::refusal::Unmet;
use crate::domain::stage::{Rank, Stage, StageTerms};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "stage-executor",
        about: "agent and workstation are those of the stages `claim` and `execute`",
        refusals: &[
            (
                "stage-agent",
                "the contract names other agents for the stage",
            ),
            (
                "stage-workstation",
                "the workstation is not in the scope of the stage",
            ),
            (
                "stage-capability",
                "the workstation lacks a capability that the stage asks for",
            ),
        ],
        keys: &["task: stages", "task: stages_ref"],
        text: "A contract may bind a stage to an agent, to those who stand in, to one machine or \
               a few, and to what a machine must have. Who stands in may do so at any time, and \
               the record says that it was a fallback. Another machine is proposed by \
               `laneway stage ID --pause --reason … --propose WS` and taken into the scope by \
               `laneway stage ID --resume --accept`.",
        in_force: always,
    },
    check,
    holds,
};

fn claimed<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = (Stage, &'a StageTerms)> {
    let contract = case.snapshot.plan.contract(case.task);
    contract.into_iter().flat_map(|contract| contract.claimed())
}

fn holds(case: &ClaimCase<'_>) -> bool {
    let Some(agent) = case.agent else {
        return true;
    };
    if claimed(case).any(|(_, terms)| terms.rank(agent) == Rank::Stranger) {
        return false;
    }
    let Some(name) = case.workstation else {
        return true;
    };
    let known = case.snapshot.rules.workstations.workstations.get(name);
    let progress = case.snapshot.states.get(&case.task.id).progress();
    claimed(case).all(|(_, terms)| {
        let has = |one| known.is_none_or(|known| known.capabilities.contains(one));
        (terms.admits(name) || progress.admitted.contains(name))
            && terms.capabilities.iter().all(has)
    })
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let Some(agent) = case.agent else {
        return Vec::new();
    };
    let mut unmet = Vec::new();
    for (stage, terms) in claimed(case) {
        if terms.rank(agent) == Rank::Stranger {
            unmet.push(stranger(stage, terms, agent));
            break;
        }
    }
    let Some(name) = case.workstation else {
        return unmet;
    };
    let work = Work::of(
        case.snapshot,
        case.task,
        claimed(case).map(|(_, terms)| terms),
    );
    if !work.in_scope(name) {
        let scope: Vec<&str> = work
            .scope(case.snapshot)
            .into_iter()
            .map(|name| name.as_str())
            .collect();
        let message = format!("{name} is not in the scope, which is {}", scope.join(", "));
        unmet.push(Unmet::rule("stage-workstation", message));
    }
    let known = case.snapshot.rules.workstations.workstations.get(name);
    for terms in &work.terms {
        let asked = terms.capabilities.iter();
        let lacks = asked.filter(|one| known.is_some_and(|k| !k.capabilities.contains(one)));
        for capability in lacks {
            let message = format!("{name} has no `{capability}`, which the contract asks for");
            unmet.push(Unmet::rule("stage-capability", message));
        }
    }
    unmet.dedup();
    unmet
}

/// That others are named for a stage.
#[must_use]
pub fn stranger(stage: Stage, terms: &StageTerms, agent: &crate::domain::id::AgentName) -> Unmet {
    let named: Vec<&str> = terms.agents().map(|agent| agent.as_str()).collect();
    let message = format!("`{stage}` is for {}, not for {agent}", named.join(" or "));
    Unmet::rule("stage-agent", message).hint("`stages` in the definition of the task")
}
