//! `no-admin`: a map that is enforced can still be mended (P24).

use super::{Governance, ListKind, Rule, Severity, Violation};
use crate::domain::identity::{Agent, Capability, Mode};
use crate::domain::policy::Direct;

pub(super) const RULE: Rule = Rule {
    id: "no-admin",
    about: "an enforced identity map has an admin, where only admins may change it",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(map), Some(policy)) = (&governance.identity, &governance.policy) else {
        return Vec::new();
    };
    let unread = !governance.unread(ListKind::Agents).is_empty();
    let open = map.value.mode == Mode::Open || map.value.agents.is_empty();
    if open || unread || policy.value.direct == Direct::Allow {
        return Vec::new();
    }
    // By its address the server knows who commits.
    let known = |agent: &Agent| !(agent.emails.is_empty() && agent.signing_keys.is_empty());
    let mut agents = map.value.agents.values();
    if agents.any(|agent| agent.may.contains(&Capability::Admin) && known(agent)) {
        return Vec::new();
    }
    let message = "only admins may change `governance/` on the target, and no agent of the map may \
                   `admin` and has `emails` or `signing_keys`: nobody could mend it";
    vec![
        Violation::new(map.file, "/agents", message)
            .hint("give somebody `may: [plan, claim, handoff, merge, admin]` and `emails`"),
    ]
}
