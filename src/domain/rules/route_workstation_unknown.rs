//! `route-workstation-unknown`: routes lead to registered workstations.

use super::{Governance, Known, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "route-workstation-unknown",
    about: "the workstation of each route is registered",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let (Some(map), Some(registry)) = (&governance.identity, &governance.workstations) else {
        return Vec::new();
    };
    let known = &registry.value.workstations;
    let names = Known::new("workstations", known.keys().map(|name| name.as_str()));
    let mut found = Vec::new();
    for (task_type, routes) in &map.value.routing {
        for (at, route) in routes.iter().enumerate() {
            if governance.may_have_workstation(&route.workstation) {
                continue;
            }
            let pointer = format!("{}/workstation", pointer(task_type.as_str(), at));
            let message = format!(
                "the route of `{task_type}` leads to `{}`, which is not registered",
                route.workstation
            );
            found.push(
                Violation::new(map.file, pointer, message)
                    .maybe_hint(names.hint(route.workstation.as_str())),
            );
        }
    }
    found
}

/// The pointer to route `at` of a type: the entry itself, then its fallbacks.
pub(super) fn pointer(task_type: &str, at: usize) -> String {
    match at {
        0 => format!("/routing/task_type={task_type}"),
        n => format!("/routing/task_type={task_type}/fallback/{}", n - 1),
    }
}
