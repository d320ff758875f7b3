//! `parent-cycle`: no task is a part of itself.

use super::dependency_cycle::{cycles, path};
use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "parent-cycle",
    about: "no task is a part of itself, directly or through others",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    cycles(governance, |definition| definition.task().parent.as_slice())
        .into_iter()
        .filter_map(|cycle| {
            let definition = governance.get(cycle.first()?)?;
            let message = format!("the parents form a cycle: {}", path(&cycle));
            Some(Violation::new(
                definition.file,
                definition.pointer("/parent"),
                message,
            ))
        })
        .collect()
}
