//! `role-unknown`: work is claimed only for roles that policy has lanes for.

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::refusal::Unmet;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "role-unknown",
        about: "the task's role is in policy and has lanes",
        refusals: &[],
        keys: &["policy: roles"],
        text: "A role gives its tasks lanes, owned paths and checks. Add the role to `roles` in \
               governance/policy.yaml, or give the task another; a role that only reviews has no \
               lanes.",
        in_force: always,
    },
    check,
    holds,
};

fn holds(case: &ClaimCase<'_>) -> bool {
    let role = case.snapshot.rules.policy.roles.get(&case.task.role);
    role.is_some_and(|known| !known.review_only && known.lanes > 0)
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let role = &case.task.role;
    match case.snapshot.rules.policy.roles.get(role) {
        None => vec![
            Unmet::rule(GATE.page.id, format!("the role `{role}` is not in policy"))
                .hint("add it to `roles` in governance/policy.yaml"),
        ],
        Some(known) if known.review_only => {
            vec![Unmet::rule(
                GATE.page.id,
                format!("the role `{role}` only reviews"),
            )]
        }
        Some(known) if known.lanes == 0 => {
            vec![Unmet::rule(
                GATE.page.id,
                format!("the role `{role}` has no lanes"),
            )]
        }
        Some(_) => Vec::new(),
    }
}
