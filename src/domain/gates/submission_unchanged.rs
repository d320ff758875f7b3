//! `submission-changed`: what lands is what was handed off, or its clean replay (DESIGN §5).

use super::{LandCase, LandGate, Page, always};
use crate::domain::refusal::Unmet;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "submission-changed",
        about: "the change that lands is the change that was handed off",
        refusals: &[],
        keys: &[],
        text: "Review and handoff are bound to the change, by the patch from its merge base. \
               laneway's own clean replay keeps it; any other difference needs a new handoff. What reached the target without a \
               landing is recorded by `laneway complete`.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let submission = case.submission;
    if case.range.tip == submission.commit
        && case.range.base == submission.commit
        && submission.base != submission.commit
    {
        let message = format!(
            "the handed-off commit {} is on the target already, and no landing brought it there",
            submission.commit.short()
        );
        return vec![Unmet::rule(GATE.page.id, message).hint(format!(
            "`laneway complete {}` records it, once it has what it owes",
            case.task.id
        ))];
    }
    if case.range.tip != submission.commit || case.range.change_key != submission.change_key {
        let message = format!(
            "the handed-off commit {} no longer gives the change that was recorded",
            submission.commit.short()
        );
        return vec![Unmet::rule(GATE.page.id, message).hint("hand the work off again")];
    }
    Vec::new()
}
