//! `protected-tests`: a test that policy protects is not deleted or shrunk, unless a reviewer
//! approves it by name (P61). It asks the same of a conflict that was resolved by dropping tests.

use super::{LandCase, LandGate, Page, approved};
use crate::domain::id::TaskId;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Rules, Shrunk};

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "protected-tests",
        about: "a protected test is deleted or shrunk only if a reviewer of this change approves \
                it by name",
        refusals: &[],
        keys: &["policy: protected_tests"],
        text: "A file under `protected_tests` that is gone at the end of the branch, or has fewer \
               lines that are not blank than where the branch started, needs an accepting review \
               of this very change by someone else that names it: `laneway review ID --verdict \
               accept --approve PATH`. One that has moved to another protected path as it was is \
               not deleted. `laneway handoff` says which there are.",
        in_force: |rules: &Rules| !rules.policy.protected_tests.is_empty(),
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    if case.range.shrunk.is_empty() {
        return Vec::new();
    }
    let id = &case.task.id;
    let records = case.snapshot.records_of(id);
    let approved = approved(records, &case.submission.change_key, &case.claim.agent);
    let unapproved = case
        .range
        .shrunk
        .iter()
        .filter(|test| !approved.contains(&test.path.as_str()));
    unapproved
        .map(|test| Unmet::rule(GATE.page.id, told(test)).hint(approval(id, test)))
        .collect()
}

/// What happened to a protected test, as a fact.
#[must_use]
pub fn told(test: &Shrunk) -> String {
    let (path, before) = (&test.path, test.before);
    match test.after {
        Some(after) => format!("the protected test {path} shrinks from {before} to {after} lines"),
        None => format!("the protected test {path} of {before} lines is deleted"),
    }
}

/// What a reviewer says to let it.
#[must_use]
pub fn approval(id: &TaskId, test: &Shrunk) -> String {
    let path = crate::domain::shell::quoted(&test.path);
    format!(
        "put it back, or another says `laneway review {id} --verdict accept --no-findings --approve {path}`"
    )
}
