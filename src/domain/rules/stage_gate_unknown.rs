//! `stage-gate-unknown`: the gate of a stage means something; one that does not holds for nobody.

use super::{Governance, Known, Rule, Severity, Violation};
use crate::domain::stage::{GateWord, StageGate};

pub(super) const RULE: Rule = Rule {
    id: "stage-gate-unknown",
    about: "the gate of each stage is one that means something",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let known = Known::new("gates", StageGate::ALL.iter().map(|gate| gate.word()));
    let unknown = governance.stages().filter_map(|one| match &one.terms.gate {
        Some(GateWord::Unknown(word)) => {
            let message = format!("the gate `{word}` of `{}` means nothing", one.stage);
            let pointer = format!("{}/gate", one.pointer);
            Some(Violation::new(one.file, pointer, message).maybe_hint(known.hint(word.as_str())))
        }
        _ => None,
    });
    unknown.collect()
}
