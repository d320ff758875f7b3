//! `merge-commit`: role branches are rebased on the target, the target is never merged into them
//! (P30); and an empty range is no work.

use super::{LandCase, LandGate, Page, always};
use crate::domain::refusal::Unmet;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "merge-commit",
        about: "the branch holds no merge commit",
        refusals: &[],
        keys: &[],
        text: "The target moves by fast-forward only, so a branch is rebased on it and the target \
               is never merged into the branch: `laneway lane sync`.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    case.range
        .commits
        .iter()
        .filter(|commit| commit.merge)
        .map(|commit| {
            Unmet::rule(
                GATE.page.id,
                format!("{} is a merge commit", commit.id.short()),
            )
            .hint("rebase the branch on the target: `laneway lane sync`")
        })
        .collect()
}
