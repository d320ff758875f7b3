//! `stage-capability-missing`: some workstation of the scope has what a stage asks for.

use super::{Governance, ListKind, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "stage-capability-missing",
    about: "some workstation in the scope of each stage has the capabilities it asks for",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(registry) = &governance.workstations else {
        return Vec::new();
    };
    // Any workstation that does not read may have it.
    if !governance.unread(ListKind::Workstations).is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for one in governance.stages() {
        let scope = registry.value.workstations.iter();
        let scope: Vec<_> = scope.filter(|(name, _)| one.terms.admits(name)).collect();
        for (at, capability) in one.terms.capabilities.iter().enumerate() {
            let has = scope
                .iter()
                .any(|(_, known)| known.capabilities.contains(capability));
            if !has {
                let message = format!(
                    "`{}` asks for `{capability}`, which no workstation in its scope has",
                    one.stage
                );
                let pointer = format!("{}/capabilities/{at}", one.pointer);
                found.push(
                    Violation::new(one.file, pointer, message)
                        .hint("`capabilities` in governance/workstations.yaml"),
                );
            }
        }
    }
    found
}
