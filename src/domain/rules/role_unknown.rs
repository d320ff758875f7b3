//! `role-unknown`: tasks are work of roles that policy has.

use super::{Governance, Rule, Severity, Violation, listed};

pub(super) const RULE: Rule = Rule {
    id: "role-unknown",
    about: "the `role` of a task is in policy",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let roles = &policy.value.roles;
    governance
        .open()
        .filter(|definition| !roles.contains_key(&definition.task().role))
        .map(|definition| {
            let task = definition.task();
            let message = format!(
                "`{}` names the role `{}`, which is not in policy",
                task.id, task.role
            );
            let known = listed(roles.keys().map(|role| role.as_str()));
            Violation::new(definition.file, definition.pointer("/role"), message)
                .maybe_hint(known.map(|known| format!("roles: {known}")))
        })
        .collect()
}
