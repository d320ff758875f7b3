//! `target-differs`: the ledger guards one branch; policy names the same.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "target-differs",
    about: "policy names the target that the ledger's marker names",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(policy), Some(marker)) = (&governance.policy, &governance.marker) else {
        return Vec::new();
    };
    if policy.value.target == marker.value.target {
        return Vec::new();
    }
    let message = format!(
        "policy names the target `{}`, but the ledger guards `{}`, which counts",
        policy.value.target, marker.value.target
    );
    vec![Violation::new(policy.file, "/target/branch", message)]
}
