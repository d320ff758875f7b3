//! `task-id-pattern`: ids follow the pattern of policy (P13).

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "task-id-pattern",
    about: "task ids follow `task_id_pattern` of policy",
    severity: Severity::Error,
    check,
};

/// Largest compiled pattern, bytes; matching is linear in the id (PROMISES P23).
const COMPILED: usize = 1 << 20;

fn check(governance: &Governance) -> Vec<Violation> {
    let policy = governance.policy.as_ref().map(|held| &held.value);
    let Some(pattern) = policy.and_then(|policy| policy.task_id_pattern.as_deref()) else {
        return Vec::new();
    };
    // A pattern that does not compile is a finding of the policy itself.
    let Ok(wanted) = regex::RegexBuilder::new(pattern)
        .size_limit(COMPILED)
        .build()
    else {
        return Vec::new();
    };
    governance
        .open()
        .filter(|definition| !wanted.is_match(definition.task().id.as_str()))
        .map(|definition| {
            let id = &definition.task().id;
            let message = format!("`{id}` does not follow the pattern `{pattern}`");
            Violation::new(definition.file, definition.pointer("/id"), message)
                .hint("`task_id_pattern` in governance/policy.yaml says how ids are written")
        })
        .collect()
}
