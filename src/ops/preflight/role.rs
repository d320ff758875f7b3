//! `role`: policy has it, with a lane that is free.

use super::{Check, Flight, Line};
use crate::domain::id::{LaneName, RoleName};
use crate::ledger::yaml::closest;

pub const CHECK: Check = Check {
    id: "role",
    about: "policy has the role, and one of its lanes is free",
    look,
};

fn look(flight: &Flight<'_>) -> Vec<Line> {
    let Some(rules) = flight.rules() else {
        return vec![CHECK.skipped("the rules do not read")];
    };
    let name = &flight.role;
    let roles = &rules.policy.roles;
    let Some(role) = roles.get(name) else {
        let known: Vec<&str> = roles.keys().map(RoleName::as_str).collect();
        let next = match closest(name.as_str(), known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("roles: {}", known.join(", ")),
        };
        let fact = format!("the role `{name}` is not in policy");
        return vec![CHECK.failed(fact).next(next)];
    };
    if role.review_only || role.lanes == 0 {
        let fact = format!("`{name}` has no lanes: it only reviews");
        return vec![
            CHECK
                .failed(fact)
                .next("`laneway list --status in_review` shows its work"),
        ];
    }
    let lanes = (1..=role.lanes).filter_map(|n| LaneName::new(name.clone(), n).ok());
    let free = lanes.filter(|lane| !flight.is_taken(lane)).count();
    let fact = format!("`{name}` has {} lane(s), {free} free", role.lanes);
    vec![if free == 0 {
        CHECK
            .warning(fact)
            .next("`laneway lane list` says who has them")
    } else {
        CHECK.ok(fact)
    }]
}
