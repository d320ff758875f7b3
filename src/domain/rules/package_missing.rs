//! `package-missing`: the work package that a task names is there (G1): on the branch that defines
//! the task, else on the target.

use super::{Governance, Reach, Rule, Severity, Violation};
use crate::domain::snapshot::Origin;

pub(super) const RULE: Rule = Rule {
    id: "package-missing",
    about: "the work package that a task names is there",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let Some(path) = &task.package else { continue };
        let there = |origin| governance.packages.contains_key(&(origin, path.clone()));
        if [definition.origin, Origin::Target].into_iter().any(there) {
            continue;
        }
        let message = format!(
            "`{}` names the work package `{path}`, which is not there",
            task.id
        );
        let elsewhere =
            governance.reach == Reach::TargetAlone && definition.origin == Origin::Ledger;
        found.push(
            Violation::new(definition.file, definition.pointer("/package"), message)
                .hint(format!("`laneway package new {}` writes one", task.id))
                .mild_if(elsewhere),
        );
    }
    found
}
