//! `submission-changed`: what lands is what was handed off, or its clean replay (DESIGN §5).

use super::{LandCase, LandGate};
use crate::domain::refusal::Unmet;

pub(super) const GATE: LandGate = LandGate {
    id: "submission-changed",
    about: "the change that lands is the change that was handed off",
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let submission = case.submission;
    if case.range.tip != submission.commit || case.range.change_key != submission.change_key {
        let message = format!(
            "the handed-off commit {} no longer gives the change that was recorded",
            submission.commit.short()
        );
        return vec![Unmet::rule(GATE.id, message).hint("hand the work off again")];
    }
    Vec::new()
}
