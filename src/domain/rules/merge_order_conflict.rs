//! `merge-order-conflict`: a task that merges before what it depends on can never land (P27, X5).

use super::{Governance, Rule, Severity, Violation};
use crate::domain::gates;

pub(super) const RULE: Rule = Rule {
    id: "merge-order-conflict",
    about: "no task depends on one that its group merges later",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        for (at, need) in task.depends_on.iter().enumerate() {
            let Some(other) = governance.get(need).filter(|_| !governance.closed(need)) else {
                continue;
            };
            if gates::lands_before(&policy.value, task, other.task()) {
                let message = format!(
                    "`{}` depends on `{need}`, which merges after it: neither can land",
                    task.id
                );
                let pointer = definition.pointer(&format!("/depends_on/{at}"));
                found.push(
                    Violation::new(definition.file, pointer, message)
                        .hint("swap `merge_order` or `merge_stage`, or drop the dependency"),
                );
            }
        }
    }
    found
}
