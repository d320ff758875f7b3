//! `identity-map`: in enforced mode an agent takes only what the map gives it (I3), and the
//! refusal says whether agent, role, capability, task type or workstation is at fault (I8).

use super::{ClaimCase, ClaimGate, Page};
use crate::domain::id::{AgentName, WorkstationName};
use crate::domain::identity::{Capability, Mode};
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Rules;

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "identity-map",
        about: "the map gives this agent the role, the capability and the route of the task",
        refusals: &[
            ("agent-unknown", "the map does not know the agent"),
            ("agent-role", "the agent does not have the role of the task"),
            ("agent-may", "the agent does not have the capability"),
            (
                "route-type",
                "the map has no route for the type of the task",
            ),
            ("route-agent", "the type is not routed to the agent"),
            (
                "route-workstation",
                "the agent is not routed to the type on this workstation",
            ),
        ],
        keys: &[
            "identity-map: mode",
            "identity-map: agents",
            "identity-map: routing",
        ],
        text: "In an enforced map an agent takes only what the map gives it: the role, the \
               capability `claim`, and a route of the type to it on the workstation. A routing \
               change is a commit to governance/identity-map.yaml. `laneway show ID --routing` \
               gives the decision and each rejected alternative.",
        in_force: |rules: &Rules| rules.identity.mode == Mode::Enforced,
    },
    check,
    holds,
};

fn holds(case: &ClaimCase<'_>) -> bool {
    lists(case)
}

/// Whether the map gives the task to the agent of `case`: in an open map it gives everything to
/// everybody. Without a workstation, on any that it routes to.
pub fn lists(case: &ClaimCase<'_>) -> bool {
    let map = &case.snapshot.rules.identity;
    let Some(agent) = case.agent.filter(|_| map.mode == Mode::Enforced) else {
        return true;
    };
    let known = map.agents.get(agent);
    let may = known.is_some_and(|known| {
        known.roles.contains(&case.task.role) && known.may.contains(&Capability::Claim)
    });
    let routes = case
        .task
        .task_type
        .as_ref()
        .and_then(|t| map.routing.get(t));
    let routed = routes.into_iter().flatten().any(|route| {
        route.names(agent)
            && case
                .workstation
                .is_none_or(|there| *there == route.workstation || accepted(case, there))
    });
    (map.agents.is_empty() || may) && (map.routing.is_empty() || routed)
}

/// Whether somebody who may plan took the workstation in for this task (S9): as good as a route,
/// for the agents that the type is routed to.
fn accepted(case: &ClaimCase<'_>, name: &WorkstationName) -> bool {
    let progress = case.snapshot.states.get(&case.task.id).progress();
    progress.admitted.contains(name)
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let map = &case.snapshot.rules.identity;
    let Some(agent) = case.agent else {
        return Vec::new();
    };
    if map.mode == Mode::Open {
        return Vec::new();
    }
    let mut unmet = by_agent(case, agent);
    // Of an agent that nobody knows, the routes say nothing more.
    if unmet
        .first()
        .is_none_or(|first| first.gate != "agent-unknown")
    {
        unmet.extend(by_route(case, agent));
    }
    unmet
}

/// Names of a list, for a fact: the first few.
fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 5;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>();
    let more = match names.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", shown.join(", "))
}

fn by_agent(case: &ClaimCase<'_>, agent: &AgentName) -> Vec<Unmet> {
    let map = &case.snapshot.rules.identity;
    if map.agents.is_empty() {
        return Vec::new();
    }
    let Some(known) = map.agents.get(agent) else {
        let message = format!("the identity map has no agent {agent}");
        return vec![
            Unmet::rule("agent-unknown", message)
                .hint("add it to `agents` in governance/identity-map.yaml"),
        ];
    };
    let mut unmet = Vec::new();
    if !known.roles.contains(&case.task.role) {
        let role = &case.task.role;
        let has = match known.roles.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has {}", named(known.roles.iter().map(|r| r.as_str()))),
        };
        let message = format!("{agent} does not have the role `{role}`; {has}");
        unmet.push(Unmet::rule("agent-role", message).hint(format!(
            "`roles` of {agent} in governance/identity-map.yaml"
        )));
    }
    if !known.may.contains(&Capability::Claim) {
        unmet.push(
            Unmet::rule("agent-may", format!("{agent} may not claim"))
                .hint(format!("`may` of {agent} in governance/identity-map.yaml")),
        );
    }
    unmet
}

fn by_route(case: &ClaimCase<'_>, agent: &AgentName) -> Vec<Unmet> {
    let map = &case.snapshot.rules.identity;
    if map.routing.is_empty() {
        return Vec::new();
    }
    let id = &case.task.id;
    let Some(task_type) = &case.task.task_type else {
        let message = format!("`{id}` has no type, and the map routes by type");
        return vec![
            Unmet::rule("route-type", message).hint(format!("`laneway edit {id} --type …`")),
        ];
    };
    let Some(routes) = map.routing.get(task_type) else {
        let message = format!("the identity map has no route for the type `{task_type}`");
        return vec![
            Unmet::rule("route-type", message)
                .hint("add it to `routing` in governance/identity-map.yaml"),
        ];
    };
    let mine: Vec<_> = routes.iter().filter(|route| route.names(agent)).collect();
    if mine.is_empty() {
        let listed = named(routes.iter().flat_map(|r| &r.agents).map(String::as_str));
        let message = format!("{agent} is not routed to `{task_type}`; routed are {listed}");
        return vec![Unmet::rule("route-agent", message).hint(format!(
            "the routes of `{task_type}` in governance/identity-map.yaml"
        ))];
    }
    let Some(workstation) = case.workstation else {
        return Vec::new();
    };
    if mine.iter().any(|route| route.workstation == *workstation) || accepted(case, workstation) {
        return Vec::new();
    }
    let listed = named(mine.iter().map(|route| route.workstation.as_str()));
    let message = format!("{agent} is routed to `{task_type}` on {listed}, not on {workstation}");
    vec![Unmet::rule("route-workstation", message).hint(format!(
        "leave `--workstation` out, or change the routes of `{task_type}` in \
         governance/identity-map.yaml"
    ))]
}
