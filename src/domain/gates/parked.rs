//! `parked`: a parked task starts only after a person unparks it.

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::refusal::Unmet;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "parked",
        about: "the task is not parked",
        refusals: &[],
        keys: &["task: parked"],
        text: "A parked task is planned and not wanted yet. Only a person activates it.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| !case.task.parked,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    if !case.task.parked {
        return Vec::new();
    }
    vec![
        Unmet::rule(GATE.page.id, format!("`{}` is parked", case.task.id)).hint(format!(
            "a person unparks it: `laneway edit {} --unpark`",
            case.task.id
        )),
    ]
}
