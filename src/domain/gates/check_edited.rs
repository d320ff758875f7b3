//! `check-edited`: a branch that changes what its own checks do lands only when somebody else
//! approved that change by name (S14).

use super::{LandCase, LandGate, Page, checks_owed};
use crate::domain::edited_checks::edited;
use crate::domain::id::AgentName;
use crate::domain::policy::EditedChecks;
use crate::domain::record::{Record, RecordBody, Verdict};
use crate::domain::refusal::Unmet;
use crate::domain::review::authors;
use crate::domain::shell::quoted;
use crate::domain::snapshot::Rules;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "check-edited",
        about: "what the branch changed of its own checks was approved by name",
        refusals: &[],
        keys: &[
            "policy: checks",
            "policy: path_rules",
            "task: acceptance_checks",
        ],
        text: "Whoever edits the script, the Makefile or the package.json that a check runs \
               decides what passing means. Such a change is shown as a doubt; with `checks: \
               {edited: refuse}` it lands only after an accepting review of this change by \
               somebody else that approves the path by name.",
        in_force: |rules: &Rules| rules.policy.checks.edited == EditedChecks::Refuse,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    if case.snapshot.rules.policy.checks.edited != EditedChecks::Refuse {
        return Vec::new();
    }
    let files = &case.range.files;
    let records = case.snapshot.records_of(&case.task.id);
    let key = &case.submission.change_key;
    let approved = approved(records, key, Some(&case.claim.agent));
    let mut unmet = Vec::new();
    for command in checks_owed(case.snapshot, case.task, files) {
        for path in edited(command, files) {
            if approved.contains(&path) {
                continue;
            }
            let message = format!("the branch changed {path}, which decides the check `{command}`");
            unmet.push(Unmet::rule(GATE.page.id, message).hint(format!(
                "somebody else accepts it by name: `laneway review {} --verdict accept \
                 --no-findings --approve {}`",
                case.task.id,
                quoted(path)
            )));
        }
    }
    unmet
}

/// The paths whose change somebody else than the authors approved in a review of this change that
/// accepts it and is their last word.
pub fn approved<'r>(
    records: &'r [Record],
    change_key: &str,
    holder: Option<&'r AgentName>,
) -> Vec<&'r str> {
    let authors = authors(records, holder);
    let mut last = Vec::new();
    for record in records {
        let RecordBody::Review(review) = &record.body else {
            continue;
        };
        if review.change_key == change_key && !authors.contains(&record.by) {
            last.retain(|(by, _)| *by != &record.by);
            last.push((&record.by, review));
        }
    }
    last.into_iter()
        .filter(|(_, review)| review.verdict == Verdict::Accept && !review.design_only)
        .flat_map(|(_, review)| review.approves.iter().map(String::as_str))
        .collect()
}
