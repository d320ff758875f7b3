//! `high-risk-evidence`: work of high risk shows where in the source it does what it does, and
//! that it does so when it runs (P37). A runtime path that has to wait is a block, not a handoff
//! (P38).

use super::evidence_tier::reached;
use super::{LandCase, LandGate, Page};
use crate::domain::evidence::{CheckClass, attested};
use crate::domain::policy::HighRisk;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{Rules, Snapshot};
use crate::domain::task::{Risk, Task, Tier};

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "high-risk-evidence",
        about: "work of high risk has a code anchor and a runtime path",
        refusals: &[
            ("anchor-owed", "no line of what it changes is named"),
            (
                "runtime-path-owed",
                "nothing shows this content at run time",
            ),
        ],
        keys: &["policy: gates", "task: risk", "task: evidence_checks"],
        text: "A code anchor is a line of a changed file in the handed-off commit, named with what it does: \
               `laneway evidence --class source_trace --text … --anchor PATH:LINE`. A runtime path \
               is a check planned under `evidence_checks` as runtime or stress that passes on this \
               content, or what somebody else who may review saw. Where it has to wait, the task \
               is blocked: `laneway block ID --reason …`. `gates: {high_risk: none}` switches it \
               off.",
        in_force: |rules: &Rules| rules.policy.gates.high_risk == HighRisk::AnchorAndRuntime,
    },
    check,
};

/// Whether the rules ask more of this case.
pub(super) fn weighs(case: &LandCase<'_>) -> bool {
    shows_more(case.snapshot, case.task)
}

/// Whether the rules ask more evidence of a task, for its risk.
#[must_use]
pub fn shows_more(snapshot: &Snapshot, task: &Task) -> bool {
    task.risk == Risk::High && snapshot.rules.policy.gates.high_risk == HighRisk::AnchorAndRuntime
}

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    if !weighs(case) {
        return Vec::new();
    }
    let id = &case.task.id;
    let mut unmet = Vec::new();
    let records = case.snapshot.records_of(id);
    let changed = |path: &String| case.range.files.contains(path);
    let anchored = attested(records, &case.submission.change_key)
        .any(|(_, said)| said.anchors.iter().any(|anchor| changed(&anchor.path)));
    if !anchored {
        let message = format!("`{id}` is of high risk and names no line of what it changes");
        unmet.push(Unmet::rule("anchor-owed", message).hint(format!(
            "`laneway evidence {id} --class source_trace --text … --anchor PATH:LINE`"
        )));
    }
    if reached(case) < Tier::Runtime {
        unmet.push(runtime_owed(case));
    }
    unmet
}

fn runtime_owed(case: &LandCase<'_>) -> Unmet {
    let id = &case.task.id;
    let planned = [CheckClass::Runtime, CheckClass::Stress]
        .into_iter()
        .flat_map(|class| case.task.evidence_checks.of(class))
        .next();
    let (fact, way) = match planned {
        Some(command) => (
            format!("the runtime check `{command}` has not passed on this content"),
            format!("`laneway check {id}`"),
        ),
        None => (
            "no runtime check is planned".to_owned(),
            format!(
                "plan one under `evidence_checks: {{runtime: […]}}`, or somebody else attests \
                 what they saw: `laneway evidence {id} --class runtime --text …`"
            ),
        ),
    };
    let message = format!("`{id}` is of high risk and nothing shows it at run time: {fact}");
    Unmet::rule("runtime-path-owed", message).hint(format!(
        "{way}; where it has to wait, the task is blocked, not done: `laneway block {id} --reason …`"
    ))
}
