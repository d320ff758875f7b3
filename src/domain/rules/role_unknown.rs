//! `role-unknown`: tasks are work of roles that policy has.

use super::{Governance, Known, Rule, Severity, Violation};

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
    let known = Known::new("roles", roles.keys().map(|role| role.as_str()));
    governance
        .open()
        .filter(|definition| !governance.may_have_role(&definition.task().role))
        .map(|definition| {
            let task = definition.task();
            let message = format!(
                "`{}` names the role `{}`, which is not in policy",
                task.id, task.role
            );
            Violation::new(definition.file, definition.pointer("/role"), message)
                .maybe_hint(known.hint(task.role.as_str()))
        })
        .collect()
}
