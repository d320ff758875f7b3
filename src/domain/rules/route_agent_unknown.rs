//! `route-agent-unknown`: where the map lists agents, its routes name those.

use super::route_workstation_unknown::pointer;
use super::{Governance, Known, ListKind, Rule, Severity, Violation};
use crate::domain::identity::IdentityMap;

pub(super) const RULE: Rule = Rule {
    id: "route-agent-unknown",
    about: "routes name agents that the identity map lists",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(map) = &governance.identity else {
        return Vec::new();
    };
    if map.value.agents.is_empty() {
        return Vec::new();
    }
    let names = Known::new(
        "agents",
        map.value.agents.keys().map(|agent| agent.as_str()),
    );
    let unread = governance.unread(ListKind::Agents);
    let mut found = Vec::new();
    for (task_type, routes) in &map.value.routing {
        for (at, route) in routes.iter().enumerate() {
            let place = pointer(task_type.as_str(), at);
            for (nth, name) in route.agents.iter().enumerate() {
                if names_someone(&map.value, name) || unread.may_match(name) {
                    continue;
                }
                let message = if name.ends_with('*') {
                    format!("the route of `{task_type}` names `{name}`, which matches no agent")
                } else {
                    format!(
                        "the route of `{task_type}` names `{name}`, which is not among the agents"
                    )
                };
                // A route names one agent, or a pool.
                let pointer = format!("{place}/agent_name|pool/{nth}");
                found.push(Violation::new(map.file, pointer, message).maybe_hint(names.hint(name)));
            }
        }
    }
    found
}

fn names_someone(map: &IdentityMap, name: &str) -> bool {
    match name.strip_suffix('*') {
        Some(start) => map
            .agents
            .keys()
            .any(|agent| agent.as_str().starts_with(start)),
        None => map.agents.keys().any(|agent| agent.as_str() == name),
    }
}
