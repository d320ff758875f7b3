//! `dependency-on-parent`: a parent that lands after its parts cannot be what a part waits for.

use super::{Governance, Rule, Severity, Violation};
use crate::domain::policy::ParentRule;

pub(super) const RULE: Rule = Rule {
    id: "dependency-on-parent",
    about: "no task depends on a parent that waits for it",
    severity: Severity::Error,
    check,
};

/// Deepest nesting of parents looked at; a cycle of parents is another rule's.
const DEPTH: usize = 64;

fn check(governance: &Governance) -> Vec<Violation> {
    let policy = governance.policy.as_ref().map(|held| &held.value);
    if policy.is_none_or(|policy| policy.merge.parent != ParentRule::Waits) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let mut above = task.parent.as_ref();
        for _ in 0..DEPTH {
            let Some(parent) = above else { break };
            if let Some(at) = task.depends_on.iter().position(|need| need == parent) {
                let message = format!(
                    "`{}` depends on `{parent}`, which lands only after its parts",
                    task.id
                );
                let pointer = definition.pointer(&format!("/depends_on/{at}"));
                found.push(
                    Violation::new(definition.file, pointer, message)
                        .hint("drop the dependency, or set `merge.parent: independent`"),
                );
            }
            above = governance
                .get(parent)
                .and_then(|parent| parent.task().parent.as_ref())
                .filter(|next| *next != parent);
        }
    }
    found
}
