//! `check-trivial`: under high risk a check that cannot fail is no check (P36, S14).

use super::high_risk::weighs;
use super::{LandCase, LandGate, Page, checks_owed};
use crate::domain::policy::HighRisk;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Rules;
use crate::domain::trivial::trivial;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "check-trivial",
        about: "no check of work of high risk passes whatever the work does",
        refusals: &[],
        keys: &[
            "policy: gates",
            "task: risk",
            "task: acceptance_checks",
            "task: evidence_checks",
        ],
        text: "`true`, `exit 0`, `echo …`, `make test || true` pass for every tree, so their \
               passing shows nothing. Plan a command that fails when the work is wrong. Of work \
               of less risk they are shown as doubts.",
        in_force: |rules: &Rules| rules.policy.gates.high_risk == HighRisk::AnchorAndRuntime,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    if !weighs(case) {
        return Vec::new();
    }
    checks_owed(case.snapshot, case.task, &case.range.files)
        .into_iter()
        .filter_map(|command| {
            let why = trivial(command)?;
            let message = format!("the check `{command}` is no evidence under high risk: {why}");
            Some(Unmet::rule(GATE.page.id, message).hint(format!(
                "plan a command that fails when the work is wrong: `laneway edit {} --add-check \
                 CMD --remove-check …`",
                case.task.id
            )))
        })
        .collect()
}
