//! `required-field`: each task has the fields that policy requires (P13).

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "required-field",
    about: "each task has the fields that `required.fields` of policy names",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for definition in governance.open() {
        let Some(written) = &definition.planned.written else {
            continue;
        };
        for field in &policy.value.required.fields {
            if !written.keys.contains(field) {
                let message = format!(
                    "`{}` has no `{field}`, which policy requires",
                    definition.task().id
                );
                found.push(Violation::new(
                    definition.file,
                    definition.pointer("/id"),
                    message,
                ));
            }
        }
    }
    found
}
