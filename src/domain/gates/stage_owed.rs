//! `stage-owed`: the stages before the claim have been passed, in their order (S2).

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::refusal::Unmet;
use crate::domain::stage::{Stage, StageTerms};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "stage-owed",
        about: "the stages of the contract before the claim have been passed",
        refusals: &[],
        keys: &["task: stages", "task: stages_ref"],
        text: "A stage contract says who finds the resources, who plans and who judges the plan, \
               before anybody starts. `laneway stage ID` shows whose turn it is, and \
               `laneway stage ID --pass STAGE` passes it on.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| owed(case).next().is_none(),
};

fn owed<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = (Stage, &'a StageTerms)> {
    let snapshot = case.snapshot;
    let contract = snapshot.plan.contract(case.task);
    let stages = contract.into_iter().flat_map(|contract| &contract.stages);
    let passed = |stage| {
        let state = snapshot.states.get(&case.task.id);
        state.progress().passage(stage).is_some()
    };
    stages
        .filter(move |(stage, _)| stage.by_hand() && !passed(**stage))
        .map(|(stage, terms)| (*stage, terms))
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let id = &case.task.id;
    owed(case)
        .map(|(stage, terms)| {
            let agents: Vec<&str> = terms.agents().map(|agent| agent.as_str()).collect();
            let by = if agents.is_empty() {
                String::new()
            } else {
                format!(", by {}", agents.join(" or "))
            };
            let message = format!("`{id}` owes its stage `{stage}`{by}");
            Unmet::rule(GATE.page.id, message).hint(format!("`laneway stage {id} --pass {stage}`"))
        })
        .collect()
}
