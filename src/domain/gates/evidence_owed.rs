//! `evidence-owed`: every owed check passed on the very content that lands (P36, X20). Evidence
//! is bound to the content key, so a rebase over bookkeeping commits does not void it.

use super::{LandCase, LandGate, Page, checks_owed};
use crate::domain::policy::Owed;
use crate::domain::record::{Evidence, RecordBody};
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
    if !case.evidence_due || case.snapshot.rules.policy.gates.evidence == Owed::None {
        return Vec::new();
    }
    let Replayed::Commit { content_key, .. } = case.range.replayed else {
        return Vec::new();
    };
    let recorded = case
        .snapshot
        .records_of(&case.task.id)
        .iter()
        .filter_map(|r| match &r.body {
            RecordBody::Evidence(evidence) => Some(evidence),
            _ => None,
        });
    let of_content: Vec<&Evidence> = recorded
        .chain(case.evidence)
        .filter(|e| e.content_key == content_key)
        .collect();
    checks_owed(case.snapshot, case.task, &case.range.files)
        .into_iter()
        .filter_map(|command| {
            let mut runs = of_content.iter().flat_map(|e| &e.checks);
            let last = runs.rfind(|run| run.command == command);
            let fact = match last {
                Some(run) if run.passed() => return None,
                Some(run) => match run.exit {
                    Some(code) => format!("failed with exit code {code}"),
                    None => "was ended by a signal or its time limit".to_owned(),
                },
                None => "has not run on the content that lands".to_owned(),
            };
            let id = &case.task.id;
            Some(
                Unmet::rule(GATE.page.id, format!("the check `{command}` {fact}")).hint(format!(
                    "`laneway check {id}` in its worktree, or `laneway merge {id} --trust`"
                )),
            )
        })
        .collect()
}
