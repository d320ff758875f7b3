//! `route-type-refused`: a route leads to a workstation that takes the type.

use super::route_workstation_unknown::pointer;
use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "route-type-refused",
    about: "the workstation of each route takes the type",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(map), Some(registry)) = (&governance.identity, &governance.workstations) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (task_type, routes) in &map.value.routing {
        for (at, route) in routes.iter().enumerate() {
            let Some(known) = registry.value.workstations.get(&route.workstation) else {
                continue;
            };
            if known.task_types.is_empty() || known.task_types.contains(task_type) {
                continue;
            }
            let pointer = format!("{}/workstation", pointer(task_type.as_str(), at));
            let message = format!(
                "`{}` does not take the type `{task_type}`",
                route.workstation
            );
            let takes = known.task_types.iter().take(12).map(|kind| kind.as_str());
            let takes = Known::new("it takes", takes).listed();
            found.push(Violation::new(map.file, pointer, message).maybe_hint(takes));
        }
    }
    found
}
