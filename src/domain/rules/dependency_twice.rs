//! `dependency-twice`: naming a dependency again says nothing.

use std::collections::HashSet;

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "dependency-twice",
    about: "`depends_on` names each task once",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for definition in governance.open() {
        let needs = &definition.task().depends_on;
        let mut named = HashSet::new();
        for (at, need) in needs.iter().enumerate() {
            if !named.insert(need) {
                let message = format!("`{}` names `{need}` twice", definition.task().id);
                let pointer = definition.pointer(&format!("/depends_on/{at}"));
                found.push(Violation::new(definition.file, pointer, message));
            }
        }
    }
    found
}
