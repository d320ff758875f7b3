//! `package-unsound`: a task that names a work package starts only with one that reads and speaks of
//! this task (G1). It comes last, so that a package is read for a claim and not for a list.

use super::{ClaimCase, ClaimGate, Page, always};
use crate::domain::refusal::Unmet;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "package-unsound",
        about: "the work package that a task names is there, reads, and is of that task",
        refusals: &[],
        keys: &["task: package"],
        text: "The package says what the work may touch, how it is shown, and whether its scope is \
               confirmed first: without it nobody knows. Only the task that names it is refused. \
               `laneway package new ID` writes one, `laneway package check ID` names line and \
               column of what is wrong.",
        in_force: always,
    },
    check,
    holds: |case| fault(case).is_none(),
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let Some(why) = fault(case) else {
        return Vec::new();
    };
    let id = &case.task.id;
    let path = case.task.package.as_deref().unwrap_or_default();
    let message = format!("`{id}` names the work package `{path}`: {why}");
    vec![Unmet::rule(GATE.page.id, message).hint(format!("`laneway package check {id}`"))]
}

fn fault(case: &ClaimCase<'_>) -> Option<String> {
    let (task, package) = (case.task, case.snapshot.package(case.task)?);
    match package {
        Err(why) => Some(why),
        Ok(package) if package.task != task.id => {
            Some(format!("it belongs to the task `{}`", package.task))
        }
        Ok(package) if package.role != task.role => Some(format!(
            "it is for the role {}, the task for {}",
            package.role, task.role
        )),
        Ok(_) => None,
    }
}
