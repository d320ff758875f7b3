//! `stage-workstation-unknown`: stages are done on registered workstations.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "stage-workstation-unknown",
    about: "the workstations of each stage are registered",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(registry) = &governance.workstations else {
        return Vec::new();
    };
    let known = &registry.value.workstations;
    let names = Known::new("workstations", known.keys().map(|name| name.as_str()));
    let mut found = Vec::new();
    for one in governance.stages() {
        for (at, name) in one.terms.workstations.iter().enumerate() {
            if governance.may_have_workstation(name) {
                continue;
            }
            let message = format!("`{}` names `{name}`, which is not registered", one.stage);
            let pointer = format!("{}/workstation/{at}", one.pointer);
            found.push(
                Violation::new(one.file, pointer, message).maybe_hint(names.hint(name.as_str())),
            );
        }
    }
    found
}
