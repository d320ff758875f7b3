//! `check-edited`: a branch that changes what its own checks do lands only when somebody else
//! approved that change by name (S14).

use super::{LandCase, LandGate, Page, checks_owed};
use crate::domain::edited_checks::edited;
use crate::domain::id::AgentName;
use crate::domain::policy::EditedChecks;
use crate::domain::record::Record;
use crate::domain::refusal::Unmet;
use crate::domain::review::{accepts, last_words};
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
    let approved = approved(records, key, &case.claim.agent);
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
pub fn approved<'r>(records: &'r [Record], change_key: &str, holder: &AgentName) -> Vec<&'r str> {
    last_words(records, change_key, holder)
        .into_iter()
        .filter(|(_, review)| accepts(review))
        .flat_map(|(_, review)| review.approves.iter().map(String::as_str))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{ANN, DANA, agent};
    use crate::domain::record::{RecordBody, Review, Verdict};
    use crate::domain::state::Epoch;
    use crate::domain::time::Timestamp;

    #[test]
    fn only_who_accepts_the_work_of_others_approves_a_path() {
        let by = |name: &str, verdict, design_only| {
            let review = Review {
                approves: vec!["Makefile".to_owned()],
                design_only,
                ..Review::new("key", verdict)
            };
            let record = Record {
                n: 1,
                at: Timestamp::from_seconds(0),
                by: agent(name),
                epoch: Epoch(1),
                body: RecordBody::Review(review),
            };
            approved(&[record], "key", &agent(ANN)).len()
        };
        assert_eq!(by(DANA, Verdict::Accept, false), 1);
        assert_eq!(by(DANA, Verdict::Accept, true), 0);
        assert_eq!(by(DANA, Verdict::Revise, false), 0);
        assert_eq!(by(ANN, Verdict::Accept, false), 0);
    }
}
