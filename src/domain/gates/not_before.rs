//! `not-before`: a task starts no earlier than its definition says.

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::refusal::{Holder, Unmet};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "not-before",
        about: "the task's earliest start has passed",
        refusals: &[],
        keys: &["task: not_before"],
        text: "The plan names the earliest start. Wait, or change `not_before`.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| case.task.not_before.is_none_or(|start| case.now >= start),
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    match case.task.not_before {
        Some(start) if case.now < start => {
            let holder = Holder {
                until: Some(start),
                ..Holder::task(&case.task.id)
            };
            let message = format!("`{}` starts no earlier than {start}", case.task.id);
            vec![Unmet::rule(GATE.page.id, message).held_by(holder)]
        }
        _ => Vec::new(),
    }
}
