//! `stage-agent-unknown`: where the map lists agents, stages name those.

use super::{Governance, Known, ListKind, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "stage-agent-unknown",
    about: "stages name agents that the identity map lists",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(map) = &governance.identity else {
        return Vec::new();
    };
    let known = &map.value.agents;
    if known.is_empty() {
        return Vec::new();
    }
    let names = Known::new("agents", known.keys().map(|agent| agent.as_str()));
    let unread = governance.unread(ListKind::Agents);
    let mut found = Vec::new();
    for one in governance.stages() {
        let named = one
            .terms
            .agent
            .iter()
            .map(|agent| (agent, "agent".to_owned()));
        let others = one.terms.secondary.iter().enumerate();
        let others = others.map(|(at, agent)| (agent, format!("secondary/{at}")));
        for (agent, place) in named.chain(others) {
            if known.contains_key(agent) || unread.may_be(agent.as_str()) {
                continue;
            }
            let message = format!(
                "`{}` names {agent}, which is not among the agents",
                one.stage
            );
            found.push(
                Violation::new(one.file, format!("{}/{place}", one.pointer), message)
                    .maybe_hint(names.hint(agent.as_str())),
            );
        }
    }
    found
}
