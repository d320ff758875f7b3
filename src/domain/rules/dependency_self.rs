//! `dependency-self`: no task waits for itself.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "dependency-self",
    about: "no task depends on itself",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for definition in governance.distinct() {
        let id = &definition.task().id;
        for (at, need) in definition.task().depends_on.iter().enumerate() {
            if need == id {
                let pointer = definition.pointer(&format!("/depends_on/{at}"));
                let message = format!("`{id}` depends on itself");
                found.push(Violation::new(definition.file, pointer, message));
            }
        }
    }
    found
}
