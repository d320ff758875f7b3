//! `generated-files`: generated files change only by their generator (P40): the check that it
//! leaves no difference passed on the content that lands.

use super::evidence_owed::unproven;
use super::{LandCase, LandGate, Page};
use crate::domain::guarded_paths::Generated;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Rules, Snapshot};

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "generated-files",
        about: "generated files are what their generator makes of the content that lands",
        refusals: &[],
        keys: &["policy: generated"],
        text: "Nobody edits generated files by hand. A change of one of them, or of what they are \
               made from, owes the check that the generator leaves no difference and no new file; \
               it runs with the other checks and counts for the content it ran on, whatever \
               `gates.evidence` says. Run the generator in the lane, commit what it makes, and \
               `laneway check` again.",
        in_force: |rules: &Rules| !rules.policy.generated.is_empty(),
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let id = &case.task.id;
    owed(case.snapshot, &case.range.files)
        .filter_map(|(generated, file)| {
            let fact = unproven(case, &generated.check)?;
            let message = if generated.holds(file) {
                format!(
                    "{file} is made by `{}`, and the check that it is {fact}",
                    generated.command
                )
            } else {
                format!(
                    "`{}` reads {file}, and the check that what it makes is up to date {fact}",
                    generated.command
                )
            };
            Some(Unmet::rule(GATE.page.id, message).hint(format!(
                "`{}` in its worktree, commit what it makes, then `laneway check {id}`",
                generated.command
            )))
        })
        .collect()
}

/// The entries of policy that a change of `files` touches, each with the first file that does.
fn owed<'a>(
    snapshot: &'a Snapshot,
    files: &'a [String],
) -> impl Iterator<Item = (&'a Generated, &'a String)> {
    let generated = snapshot.rules.policy.generated.iter();
    generated.filter_map(|generated| Some((generated, generated.touched(files)?)))
}

/// The checks that a change of `files` owes because of what is generated.
pub(super) fn checks<'a>(
    snapshot: &'a Snapshot,
    files: &'a [String],
) -> impl Iterator<Item = &'a String> {
    owed(snapshot, files).map(|(generated, _)| &generated.check)
}
