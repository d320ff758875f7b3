//! `lane-unknown`: a pinned lane is one that the role has.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "lane-unknown",
    about: "the `lane` of a task is one of its role's",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let role = policy.value.roles.get(&task.role);
        if let (Some(lane), Some(role)) = (&task.lane, role)
            && lane.number() > role.lanes
        {
            let message = format!(
                "`{}` is pinned to the lane `{lane}`, but `{}` has {}",
                task.id,
                task.role,
                match role.lanes {
                    1 => "one lane".to_owned(),
                    lanes => format!("{lanes} lanes"),
                }
            );
            found.push(Violation::new(
                definition.file,
                definition.pointer("/lane"),
                message,
            ));
        }
    }
    found
}
