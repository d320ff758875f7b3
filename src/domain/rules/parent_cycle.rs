//! `parent-cycle`: no task is a part of itself.

use super::dependency_cycle::told;
use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "parent-cycle",
    about: "no task is a part of itself, directly or through others",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    told(
        governance,
        |definition| definition.planned.task.parent.as_slice(),
        "parents",
        |_, _| Some("/parent".to_owned()),
    )
}
