//! `evidence-tier`: the class of evidence that a task owes is reached on the content that lands
//! (G22). A claim never exceeds its class; a check that cannot fail shows none.

use super::{LandCase, LandGate, Page, always, checks_due};
use crate::domain::evidence::{attested, class_of, owed_tier, worth};
use crate::domain::refusal::Unmet;
use crate::domain::task::Tier;
use crate::domain::trivial::trivial;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "evidence-tier",
        about: "the tier of evidence that the task owes is reached on the content that lands",
        refusals: &[],
        keys: &["policy: gates", "task: evidence", "task: evidence_checks"],
        text: "The ladder: self_reported, source_trace, static, local_command, runtime, stress, \
               merge. A check shows the class that the plan gives it (`evidence_checks`), at least \
               local_command; what a worker says of their own work counts as self_reported, with \
               anchors in the source as source_trace; somebody else who may review is believed: \
               `laneway evidence`. `merge` is shown by checks that pass in a worktree that holds \
               the content that lands and nothing else; `laneway merge` runs them so.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let Some(owed) = owed_tier(case.snapshot, case.task) else {
        return Vec::new();
    };
    // Who vouches for a landing on their word is asked for no evidence.
    if !case.evidence_due && !case.lands() {
        return Vec::new();
    }
    let reached = reached(case);
    let enough = match owed {
        Tier::Merge => merged(case),
        owed => reached >= owed,
    };
    if enough {
        return Vec::new();
    }
    let id = &case.task.id;
    let (message, hint) = if owed == Tier::Merge {
        (
            format!("`{id}` owes evidence of class merge, and no check passed on what lands alone"),
            format!("`laneway merge {id}` runs its checks so; `laneway check {id} --clean`"),
        )
    } else {
        (
            format!("`{id}` owes evidence of class {owed}, and what is shown is {reached}"),
            format!(
                "plan a check of that class under `evidence_checks` and run `laneway check {id}`; \
                 or somebody else says what they saw: `laneway evidence {id} --class {owed} \
                 --text …`"
            ),
        )
    };
    vec![Unmet::rule(GATE.page.id, message).hint(hint)]
}

/// The best that passed on this content, or was attested of the change; before the checks run,
/// what their pass will show.
pub(super) fn reached(case: &LandCase<'_>) -> Tier {
    let runs = case.runs();
    let passed = runs
        .iter()
        .filter(|(run, _)| run.passed())
        .map(|(run, _)| run.command.as_str());
    let due = if case.evidence_due || !case.lands() {
        Vec::new()
    } else {
        checks_due(case.snapshot, case.task, &case.range.files)
    };
    let by_checks = passed
        .chain(due)
        .filter(|command| trivial(command).is_none())
        .map(|command| class_of(case.task, command));
    let records = case.snapshot.records_of(&case.task.id);
    let holder = Some(&case.claim.agent);
    let said = attested(records, &case.submission.change_key)
        .map(|(record, said)| worth(case.snapshot, records, holder, record, said));
    by_checks.chain(said).max().unwrap_or(Tier::SelfReported)
}

/// Whether a check passed, or will, where the content that lands stands alone.
fn merged(case: &LandCase<'_>) -> bool {
    if case.evidence_due {
        return case
            .runs()
            .iter()
            .any(|(run, alone)| *alone && run.passed() && trivial(&run.command).is_none());
    }
    checks_due(case.snapshot, case.task, &case.range.files)
        .into_iter()
        .any(|command| trivial(command).is_none())
}
