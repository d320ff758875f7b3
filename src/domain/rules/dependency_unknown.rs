//! `dependency-unknown`: what a task waits for exists.

use std::cell::LazyCell;

use super::{Governance, Known, Reach, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "dependency-unknown",
    about: "every task of `depends_on` is defined",
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
        for (at, need) in definition.task().depends_on.iter().enumerate() {
            if !governance.knows(need) {
                let message = format!(
                    "`{}` depends on `{need}`, which no plan file defines{}",
                    definition.task().id,
                    governance.unless()
                );
                let pointer = definition.pointer(&format!("/depends_on/{at}"));
                found.push(
                    Violation::new(definition.file, pointer, message)
                        .maybe_hint(tasks.meant_id(need))
                        .mild_if(governance.may_know_more()),
                );
            }
        }
    }
    found
}
