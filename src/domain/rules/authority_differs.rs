//! `authority-differs`: the marker decides; a policy that says otherwise misleads (DESIGN §2).

use super::{Governance, Rule, Severity, Violation};
use crate::domain::policy::Authority;

pub(super) const RULE: Rule = Rule {
    id: "authority-differs",
    about: "policy names the authority that the ledger's marker names",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(policy), Some(marker)) = (&governance.policy, &governance.marker) else {
        return Vec::new();
    };
    if policy.value.authority == marker.value.authority {
        return Vec::new();
    }
    let message = format!(
        "policy says {}, but the ledger is decided by {}, which counts",
        told(&policy.value.authority),
        told(&marker.value.authority)
    );
    vec![Violation::new(policy.file, "/authority", message)]
}

fn told(authority: &Authority) -> String {
    match authority {
        Authority::Local => "local authority".to_owned(),
        Authority::Remote(remote) => format!("the remote `{remote}`"),
    }
}
