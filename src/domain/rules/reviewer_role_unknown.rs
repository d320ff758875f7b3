//! `reviewer-role-unknown`: reviews are asked of roles that policy has.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "reviewer-role-unknown",
    about: "the `reviewers` of each review route are roles of policy",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let roles = &policy.value.roles;
    let known = Known::new("roles", roles.keys().map(|role| role.as_str()));
    let mut found = Vec::new();
    for (at, route) in policy.value.review_routes.iter().enumerate() {
        for (nth, role) in route.reviewers.iter().enumerate() {
            if !governance.may_have_role(role) {
                let pointer = format!("/review_routes/{at}/reviewers/{nth}");
                let message = format!("reviews are asked of `{role}`, which is not in `roles`");
                found.push(
                    Violation::new(policy.file, pointer, message)
                        .maybe_hint(known.hint(role.as_str())),
                );
            }
        }
    }
    found
}
