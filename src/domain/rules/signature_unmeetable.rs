//! `signature-unmeetable`: what policy asks commits to show, the identity map can tell (P24).

use super::{Governance, ListKind, Rule, Severity, Violation};
use crate::domain::identity::Agent;
use crate::domain::signature::Level;

pub(super) const RULE: Rule = Rule {
    id: "signature-unmeetable",
    about: "`signatures.minimum` of policy is what some agent of the identity map can show",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(map), Some(policy)) = (&governance.identity, &governance.policy) else {
        return Vec::new();
    };
    let minimum = policy.value.signatures;
    let can = |agent: &Agent| match minimum {
        Level::Unsigned => true,
        Level::Committer => !(agent.emails.is_empty() && agent.signing_keys.is_empty()),
        Level::Signed | Level::Verified => !agent.signing_keys.is_empty(),
    };
    let unread = !governance.unread(ListKind::Agents).is_empty();
    if minimum == Level::Unsigned || unread || map.value.agents.values().any(can) {
        return Vec::new();
    }
    let owed = match minimum {
        Level::Committer => "`emails` or `signing_keys`",
        _ => "`signing_keys`",
    };
    let message = format!(
        "policy asks for commits that are {minimum}, and no agent of the identity map has {owed}: \
         everything would be refused"
    );
    vec![
        Violation::new(policy.file, "/signatures/minimum", message)
            .hint(format!("list agents with {owed} in the identity map first")),
    ]
}
