//! `identity`: who acts is said, and the map lets them claim work of the role.

use super::{Check, Flight, Line};
use crate::domain::id::AgentName;
use crate::domain::identity::{Capability, IdentityMap, Mode};
use crate::ops::OpError;

pub const CHECK: Check = Check {
    id: "identity",
    about: "who acts is said, and may claim work of the role",
    look,
};

const MAP: &str = "governance/identity-map.yaml";

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let Some(site) = flight.site() else {
        return vec![CHECK.skipped("the ledger does not open")];
    };
    let (agent, source) = match site.agent_from() {
        Ok(found) => found,
        Err(error) => {
            let line = CHECK.failed(error.to_string());
            return vec![match error {
                OpError::NoIdentity => line.next(
                    "say `--as @NAME`, set LANEWAY_AGENT, or `git config laneway.agent @NAME`",
                ),
                _ => line,
            }];
        }
    };
    if let Err(error) = site.check_binding() {
        let next = "leave `--as` out here, or work in your own lane";
        return vec![CHECK.failed(error.to_string()).next(next)];
    }
    let Some(rules) = flight.rules() else {
        return vec![CHECK.warning(format!("{agent} by {source}, and the map does not read"))];
    };
    match faults(flight, &rules.identity, &agent) {
        faults if faults.is_empty() => vec![CHECK.ok(match rules.identity.mode {
            Mode::Open => format!("{agent} by {source}; the map is open"),
            Mode::Enforced => format!("{agent} by {source}, known to the map"),
        })],
        faults => {
            let line = |fact| {
                CHECK
                    .failed(fact)
                    .next(format!("mend it in {MAP}, on the target"))
            };
            faults.into_iter().map(line).collect()
        }
    }
}

fn faults(flight: &Flight<'_>, map: &IdentityMap, agent: &AgentName) -> Vec<String> {
    if map.mode == Mode::Open || map.agents.is_empty() {
        return Vec::new();
    }
    let Some(known) = map.agents.get(agent) else {
        return vec![format!("the identity map has no agent {agent}")];
    };
    let mut faults = Vec::new();
    if !known.roles.contains(&flight.role) {
        faults.push(format!("{agent} does not have the role `{}`", flight.role));
    }
    if !map.may(agent, Capability::Claim) {
        faults.push(format!("{agent} may not claim"));
    }
    faults
}
