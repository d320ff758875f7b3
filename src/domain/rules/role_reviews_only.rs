//! `role-reviews-only`: a role that never claims gets no tasks.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "role-reviews-only",
    about: "no task is work of a role that only reviews",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    governance
        .open()
        .filter(|definition| {
            let role = policy.value.roles.get(&definition.task().role);
            role.is_some_and(|role| role.review_only)
        })
        .map(|definition| {
            let task = definition.task();
            let message = format!(
                "`{}` is work of `{}`, which only reviews and never claims",
                task.id, task.role
            );
            Violation::new(definition.file, definition.pointer("/role"), message)
        })
        .collect()
}
