//! `parent-unknown`: what a task is a part of exists.

use std::cell::LazyCell;

use super::{Governance, Known, Reach, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "parent-unknown",
    about: "the `parent` of a task is defined",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    if governance.reach == Reach::Broken {
        return Vec::new();
    }
    let tasks = LazyCell::new(|| Known::tasks(governance));
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        if let Some(parent) = task.parent.as_ref().filter(|id| !governance.knows(id)) {
            let message = format!(
                "`{}` is a part of `{parent}`, which no plan file defines{}",
                task.id,
                governance.unless()
            );
            found.push(
                Violation::new(definition.file, definition.pointer("/parent"), message)
                    .maybe_hint(tasks.meant_id(parent))
                    .mild_if(governance.may_know_more()),
            );
        }
    }
    found
}
