//! `stage-unknown`: merge stages are ordered by policy, so policy must know them.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "stage-unknown",
    about: "the `merge_stage` of a task is in policy",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let stages = &policy.value.merge.stages;
    let known = Known::new("stages", stages.iter().map(|stage| stage.as_str()));
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        if let Some(stage) = task.merge_stage.as_ref().filter(|s| !stages.contains(s)) {
            let message = format!(
                "`{}` names the merge stage `{stage}`, which is not in policy",
                task.id
            );
            found.push(
                Violation::new(definition.file, definition.pointer("/merge_stage"), message)
                    .maybe_hint(known.hint(stage.as_str())),
            );
        }
    }
    found
}
