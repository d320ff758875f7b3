//! `parent-waits`: a parent lands after all its parts, where policy says so (P58).

use super::{LandCase, LandGate, Page};
use crate::domain::policy::ParentRule;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Rules;
use crate::domain::state::Status;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "parent-waits",
        about: "all parts of the task have landed, where policy makes parents wait",
        refusals: &[],
        keys: &["policy: merge", "task: parent"],
        text: "A parent is the whole of its parts: it lands after all of them, unless policy says \
               `merge.parent: independent`.",
        in_force: |rules: &Rules| rules.policy.merge.parent == ParentRule::Waits,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let snapshot = case.snapshot;
    if snapshot.rules.policy.merge.parent == ParentRule::Independent {
        return Vec::new();
    }
    snapshot
        .plan
        .iter()
        .filter(|part| part.parent.as_ref() == Some(&case.task.id))
        .filter(|part| !snapshot.landed(&part.id))
        .filter(|part| snapshot.states.get(&part.id).status() != Status::Cancelled)
        .map(|part| {
            let status = snapshot.states.get(&part.id).status();
            let message = format!("its part `{}` is {status}, not landed", part.id);
            Unmet::rule(GATE.page.id, message).held_by(Holder::task(&part.id))
        })
        .collect()
}
