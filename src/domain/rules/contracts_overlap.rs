//! `contracts-overlap`: a file of two contracts has one owner, else nobody may change it.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "contracts-overlap",
    about: "contracts of different owners have no file in common",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let contracts = &policy.value.contracts;
    let mut found = Vec::new();
    for (at, (name, contract)) in contracts.iter().enumerate() {
        for (other, theirs) in contracts.iter().take(at) {
            if contract.owner != theirs.owner && contract.meets(&theirs.paths) {
                let message = format!(
                    "`{name}` of {} and `{other}` of {} may hold the same file, which neither \
                     could change",
                    contract.owner, theirs.owner
                );
                found.push(
                    Violation::new(
                        policy.file,
                        format!("/contracts/name={name}/paths"),
                        message,
                    )
                    .hint("give both the same owner, or take the file out of one"),
                );
            }
        }
    }
    found
}
