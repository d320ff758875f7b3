//! `plan-unsound`: a task whose definition contradicts another is refused, and only that task
//! (DESIGN §2).

use super::{ClaimCase, ClaimGate};
use crate::domain::refusal::Unmet;

pub(super) const GATE: ClaimGate = ClaimGate {
    id: "plan-unsound",
    about: "a task is defined once, and everything it names exists",
    check,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let plan = &case.snapshot.plan;
    let dangling = case.task.depends_on.iter().chain(&case.task.parent);
    let missing = dangling.filter(|id| plan.get(id).is_none()).map(|id| {
        format!(
            "`{}` names the task `{id}`, which no plan file defines",
            case.task.id
        )
    });
    plan.faults(&case.task.id)
        .iter()
        .cloned()
        .chain(missing)
        .map(|fault| Unmet::rule(GATE.id, fault).hint("see `laneway validate`"))
        .collect()
}
