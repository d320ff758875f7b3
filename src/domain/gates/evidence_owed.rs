//! `evidence-owed`: every owed check passed on the very content that lands (P36, X20). Evidence
//! is bound to the content key, so a rebase over bookkeeping commits does not void it.

use super::{LandCase, LandGate, Page, checks_owed};
use crate::domain::policy::Owed;
use crate::domain::record::RecordBody;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Replayed, Rules};

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "evidence-owed",
        about: "every owed check passed on the content that lands",
        refusals: &[],
        keys: &[
            "policy: gates",
            "policy: path_rules",
            "policy: roles",
            "task: acceptance_checks",
        ],
        text: "The checks of the task, of its role and of the paths it changes pass on the very \
               content that lands: evidence is bound to the tree without governance/, so that a \
               rebase over other work asks for it anew. `laneway check` runs them in the lane, \
               `laneway merge --trust` where they are missing.",
        in_force: |rules: &Rules| rules.policy.gates.evidence == Owed::Required,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    if case.snapshot.rules.policy.gates.evidence == Owed::None {
        return Vec::new();
    }
    // What generated files owe has a gate of its own.
    let generated = &case.snapshot.rules.policy.generated;
    checks_owed(case.snapshot, case.task, &case.range.files)
        .into_iter()
        .filter(|command| !generated.iter().any(|one| one.check == *command))
        .filter_map(|command| {
            let fact = unproven(case, command)?;
            let id = &case.task.id;
            Some(
                Unmet::rule(GATE.page.id, format!("the check `{command}` {fact}")).hint(format!(
                    "`laneway check {id}` in its worktree, or `laneway merge {id} --trust`"
                )),
            )
        })
        .collect()
}

/// Why `command` does not count as passed on the content that lands; nothing when it does, or when
/// evidence is not asked for yet.
pub(super) fn unproven(case: &LandCase<'_>, command: &str) -> Option<String> {
    if !case.evidence_due {
        return None;
    }
    let Replayed::Commit { content_key, .. } = case.range.replayed else {
        return None;
    };
    let recorded = case
        .snapshot
        .records_of(&case.task.id)
        .iter()
        .filter_map(|r| match &r.body {
            RecordBody::Evidence(evidence) => Some(evidence),
            _ => None,
        });
    let last = recorded
        .chain(case.evidence)
        .filter(|evidence| evidence.content_key == content_key)
        .flat_map(|evidence| &evidence.checks)
        .rfind(|run| run.command == command);
    match last {
        Some(run) if run.passed() => None,
        Some(run) => Some(match run.exit {
            Some(code) => format!("failed with exit code {code}"),
            None => "was ended by a signal or its time limit".to_owned(),
        }),
        None => Some("has not run on the content that lands".to_owned()),
    }
}
