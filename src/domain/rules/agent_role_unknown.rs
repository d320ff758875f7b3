//! `agent-role-unknown`: agents have roles that policy has.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "agent-role-unknown",
    about: "the `roles` of each agent are in policy",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(map), Some(policy)) = (&governance.identity, &governance.policy) else {
        return Vec::new();
    };
    let roles = &policy.value.roles;
    let known = Known::new("roles", roles.keys().map(|role| role.as_str()));
    let mut found = Vec::new();
    for (name, agent) in &map.value.agents {
        let unknown = agent
            .roles
            .iter()
            .filter(|role| !governance.may_have_role(role));
        for role in unknown {
            let pointer = format!("/agents/name={name}/roles/={role}");
            let message = format!("{name} has the role `{role}`, which is not in policy");
            found.push(
                Violation::new(map.file, pointer, message).maybe_hint(known.hint(role.as_str())),
            );
        }
    }
    found
}
