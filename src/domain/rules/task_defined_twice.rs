//! `task-defined-twice`: one task, one definition. The same definition on target and ledger is
//! fine: the target's counts (DESIGN §2).

use super::{Governance, Rule, Severity, Violation};
use crate::domain::snapshot::Origin;

pub(super) const RULE: Rule = Rule {
    id: "task-defined-twice",
    about: "a task is defined once over all plan files, or alike on target and ledger",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for again in governance.definitions() {
        let id = &again.task().id;
        let Some(first) = governance.get(id) else {
            continue;
        };
        if std::ptr::eq(first.planned, again.planned) {
            continue;
        }
        let message = if first.origin != again.origin {
            if first.task() == again.task() {
                continue;
            }
            format!("`{id}` is defined differently on target and ledger")
        } else if first.file == again.file {
            let nth = first.planned.item + 1;
            format!("`{id}` is here twice, first as item {nth}")
        } else {
            let place = match again.origin {
                Origin::Target => "target",
                Origin::Ledger => "ledger",
            };
            format!("`{id}` is defined in another plan file of the {place} too")
        };
        found.push(
            Violation::new(again.file, again.pointer("/id"), message)
                .hint("keep one definition: an id names one task for ever"),
        );
    }
    found
}
