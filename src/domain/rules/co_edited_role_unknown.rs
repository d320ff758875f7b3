//! `co-edited-role-unknown`: files are shared among roles that policy has.

use super::{Governance, Known, Rule, Severity, Violation};
use crate::domain::id::RoleName;

pub(super) const RULE: Rule = Rule {
    id: "co-edited-role-unknown",
    about: "`owner` and `with` of co-edited files are roles of policy",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let roles = &policy.value.roles;
    let known = Known::new("roles", roles.keys().map(|role| role.as_str()));
    let unknown = |role: &RoleName, pointer: String| {
        (!governance.may_have_role(role)).then(|| {
            let message = format!("files are shared with `{role}`, which is not in `roles`");
            Violation::new(policy.file, pointer, message).maybe_hint(known.hint(role.as_str()))
        })
    };
    let mut found = Vec::new();
    for (at, shared) in policy.value.co_edited.iter().enumerate() {
        found.extend(unknown(&shared.owner, format!("/co_edited/{at}/owner")));
        for (nth, role) in shared.with.iter().flatten().enumerate() {
            found.extend(unknown(role, format!("/co_edited/{at}/with/{nth}")));
        }
    }
    found
}
