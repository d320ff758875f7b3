//! `parked`: a parked task starts only after a person unparks it.

use super::{ClaimCase, ClaimGate};
use crate::domain::refusal::Unmet;

pub(super) const GATE: ClaimGate = ClaimGate {
    id: "parked",
    about: "the task is not parked",
    check,
    holds: |case: &ClaimCase<'_>| !case.task.parked,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    if !case.task.parked {
        return Vec::new();
    }
    vec![
        Unmet::rule(GATE.id, format!("`{}` is parked", case.task.id))
            .hint("a person unparks it: `parked: false` in its definition"),
    ]
}
