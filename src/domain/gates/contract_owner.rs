//! `contract-owner`: a contract is changed only by tasks of the role that owns it (P28). Every
//! commit counts.

use super::{LandCase, LandGate, Page};
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Rules;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "contract-owner",
        about: "a contract is changed only by tasks of the role that owns it",
        refusals: &[],
        keys: &["policy: contracts", "task: role"],
        text: "Others build on a contract, so one role answers for it: only its tasks change the \
               files, in any commit. Who needs another contract raises a request with `laneway \
               request ID --contract NAME --text …`; the owner accepts, defers or rejects it, and \
               carries it out in a task of its own. `contract_touchpoints` of a task name contracts \
               that it depends on, and give no right to change them.",
        in_force: |rules: &Rules| !rules.policy.contracts.is_empty(),
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let (id, role) = (&case.task.id, &case.task.role);
    let foreign: Vec<_> = case
        .snapshot
        .rules
        .policy
        .contracts
        .iter()
        .filter(|(_, contract)| contract.owner != *role)
        .collect();
    let mut unmet = Vec::new();
    for commit in &case.range.commits {
        for path in &commit.paths {
            for (name, contract) in foreign.iter().filter(|(_, foreign)| foreign.holds(path)) {
                let message = format!(
                    "commit {} touches {path}, the contract `{name}`, which is changed by {} only",
                    commit.id.short(),
                    contract.owner
                );
                unmet.push(Unmet::rule(GATE.page.id, message).hint(format!(
                    "take it out of the branch and ask for it: `laneway request {id} --contract \
                     {name} --text …`"
                )));
            }
        }
    }
    unmet
}
