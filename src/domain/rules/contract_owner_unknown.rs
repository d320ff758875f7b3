//! `contract-owner-unknown`: a contract is owned by a role that policy has.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "contract-owner-unknown",
    about: "the `owner` of each contract is a role of policy",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let roles = &policy.value.roles;
    let known = Known::new("roles", roles.keys().map(|role| role.as_str()));
    let mut found = Vec::new();
    for (name, contract) in &policy.value.contracts {
        if !governance.may_have_role(&contract.owner) {
            let message = format!(
                "the contract `{name}` is owned by `{}`, which is not in `roles`",
                contract.owner
            );
            let pointer = format!("/contracts/name={name}/owner");
            found.push(
                Violation::new(policy.file, pointer, message)
                    .maybe_hint(known.hint(contract.owner.as_str())),
            );
        }
    }
    found
}
