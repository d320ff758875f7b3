//! `merge-commit`: role branches are rebased on the target, the target is never merged into them
//! (P30); and an empty range is no work.

use super::{LandCase, LandGate};
use crate::domain::refusal::Unmet;

pub(super) const GATE: LandGate = LandGate {
    id: "merge-commit",
    about: "the branch holds no merge commit",
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    case.range
        .commits
        .iter()
        .filter(|commit| commit.merge)
        .map(|commit| {
            Unmet::rule(GATE.id, format!("{} is a merge commit", commit.id.short()))
                .hint("rebase the branch on the target: `laneway lane sync`")
        })
        .collect()
}
