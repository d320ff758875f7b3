//! `touchpoint-uncovered`: where policy names contracts, the touchpoints of a task are among them,
//! so that its group in the merge order is the contract's.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "touchpoint-uncovered",
    about: "each of the `contract_touchpoints` of a task meets a contract of policy, if there are any",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let contracts = &policy.value.contracts;
    if contracts.is_empty() {
        return Vec::new();
    }
    let known = Known::new("contracts", contracts.keys().map(|name| name.as_str()));
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        for (at, touchpoint) in task.contract_touchpoints.iter().enumerate() {
            let mut all = contracts.values();
            if !all.any(|contract| contract.meets(std::slice::from_ref(touchpoint))) {
                let message = format!("`{touchpoint}` is of no contract in policy");
                let pointer = definition.pointer(&format!("/contract_touchpoints/{at}"));
                found.push(
                    Violation::new(definition.file, pointer, message).maybe_hint(known.listed()),
                );
            }
        }
    }
    found
}
