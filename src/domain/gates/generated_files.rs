//! `generated-files`: generated files change only by their generator (P40): the check that it
//! leaves no difference passed on the content that lands.

use super::evidence_owed::unproven;
use super::{LandCase, LandGate, Page, lands_before, owned_by};
use crate::domain::guarded_paths::Generated;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Rules, Snapshot};
use crate::domain::state::Status;
use crate::domain::task::Task;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "generated-files",
        about: "generated files are what their generator makes of the content that lands",
        refusals: &[],
        keys: &["policy: generated", "task: merge_stage"],
        text: "Nobody edits generated files by hand. A change of one of them, or of what they are \
               made from, owes the check that the generator leaves no difference and no new file; \
               it runs with the other checks and counts for the content it ran on, whatever \
               `gates.evidence` says. A change of the sources may leave the files to a task that \
               owns them and lands later in its group. Run the generator in the lane, commit what \
               it makes, and `laneway check` again.",
        in_force: |rules: &Rules| !rules.policy.generated.is_empty(),
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let id = &case.task.id;
    owed(case.snapshot, case.task, &case.range.files)
        .filter_map(|(generated, file)| {
            let fact = unproven(case, &generated.check)?;
            let message = if generated.makes(file) {
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

/// The entries of policy whose check a change of `files` by `task` owes, each with the first file
/// that is why.
fn owed<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    files: &'a [String],
) -> impl Iterator<Item = (&'a Generated, &'a String)> {
    let generated = snapshot.rules.policy.generated.iter();
    generated.filter_map(move |generated| {
        let made = files.iter().find(|file| generated.makes(file));
        let file = made.or_else(|| {
            let read = files.iter().find(|file| generated.reads(file))?;
            (!left_to_a_later_task(snapshot, task, generated)).then_some(read)
        })?;
        Some((generated, file))
    })
}

/// Whether a task that lands after `task` in its group makes the files anew: an open one that owns
/// them.
fn left_to_a_later_task(snapshot: &Snapshot, task: &Task, generated: &Generated) -> bool {
    let policy = &snapshot.rules.policy;
    let owns = |other: &Task| {
        let owned = owned_by(snapshot, other);
        let mut paths = generated.paths.iter();
        paths.any(|path| owned.iter().any(|own| own.overlaps(path)))
    };
    let open = |other: &Task| {
        let status = snapshot.states.get(&other.id).status();
        !matches!(status, Status::Done | Status::Cancelled)
    };
    snapshot.plan.iter().any(|other| {
        other.id != task.id && lands_before(policy, task, other) && open(other) && owns(other)
    })
}

/// The checks that a change of `files` by `task` owes because of what is generated.
pub(super) fn checks<'a>(
    snapshot: &'a Snapshot,
    task: &'a Task,
    files: &'a [String],
) -> impl Iterator<Item = &'a String> {
    owed(snapshot, task, files).map(|(generated, _)| &generated.check)
}
