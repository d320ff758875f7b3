//! `contract-frozen`: a contract whose owner never claims is changed by no task.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "contract-frozen",
    about: "the `owner` of each contract is a role that works on tasks",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, contract) in &policy.value.contracts {
        let owner = policy.value.roles.get(&contract.owner);
        if owner.is_some_and(|owner| owner.review_only) {
            let message = format!(
                "the contract `{name}` is owned by {}, which reviews only: no task can change it",
                contract.owner
            );
            let pointer = format!("/contracts/name={name}/owner");
            found.push(
                Violation::new(policy.file, pointer, message)
                    .hint("give the role lanes, or change it by commits outside tasks"),
            );
        }
    }
    found
}
