//! `stage-unknown`: merge stages are ordered by policy, so policy must know them.

use super::{Governance, Rule, Severity, Violation, listed};

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
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        if let Some(stage) = task.merge_stage.as_ref().filter(|s| !stages.contains(s)) {
            let message = format!(
                "`{}` names the merge stage `{stage}`, which is not in policy",
                task.id
            );
            let known = listed(stages.iter().map(|stage| stage.as_str()));
            found.push(
                Violation::new(definition.file, definition.pointer("/merge_stage"), message)
                    .maybe_hint(known.map(|known| format!("stages: {known}"))),
            );
        }
    }
    found
}
