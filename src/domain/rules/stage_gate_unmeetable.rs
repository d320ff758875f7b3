//! `stage-gate-unmeetable`: a gate that asks for another stage comes after one; else it is shut for
//! ever.

use super::{Governance, Rule, Severity, Violation};
use crate::domain::stage::{GateWord, Stage, StageGate};

pub(super) const RULE: Rule = Rule {
    id: "stage-gate-unmeetable",
    about: "a stage whose gate asks for a plan, or for evidence, comes after one that leaves it",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let unmeetable = governance.stages().filter_map(|one| {
        let (lacks, hint) = match one.terms.gate {
            Some(GateWord::Known(StageGate::PlanApproved)) => (
                one.contract.plan_before(one.stage).is_none(),
                "add `plan` or `plan_review` before it, or name another gate",
            ),
            // After the work its checks are the evidence.
            Some(GateWord::Known(StageGate::Evidence)) if one.stage <= Stage::Execute => (
                one.contract.by_hand_before(one.stage).is_none(),
                "add `resource`, `plan` or `plan_review` before it, or name another gate",
            ),
            _ => return None,
        };
        let gate = one.terms.gate.as_ref().filter(|_| lacks)?;
        let message = format!(
            "the gate `{gate}` of `{}` asks for a stage before it that the contract has not",
            one.stage
        );
        let pointer = format!("{}/gate", one.pointer);
        Some(Violation::new(one.file, pointer, message).hint(hint))
    });
    unmeetable.collect()
}
