//! `stages-ref-missing`: the file that a task names for its stages is there.

use super::{Governance, Reach, Rule, Severity, Violation};
use crate::domain::snapshot::Origin;

pub(super) const RULE: Rule = Rule {
    id: "stages-ref-missing",
    about: "the file of `stages_ref` is on the branch of the task, or on the target",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let Some(path) = &task.stages_ref else {
            continue;
        };
        let places = [definition.origin, Origin::Target];
        let there = |origin| governance.stages.contains_key(&(origin, path.clone()));
        if !places.into_iter().any(there) {
            let message = format!(
                "`{}` names the stages of `{path}`, which is not there",
                task.id
            );
            let elsewhere =
                governance.reach == Reach::TargetAlone && definition.origin == Origin::Ledger;
            found.push(
                Violation::new(definition.file, definition.pointer("/stages_ref"), message)
                    .hint(format!(
                        "write governance/{path}, or put `stages` into the task"
                    ))
                    .mild_if(elsewhere),
            );
        }
    }
    found
}
