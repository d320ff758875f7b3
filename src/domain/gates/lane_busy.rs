//! `lane-busy`: at most one task in progress per lane (P55), and a pinned task only in its lane.

use super::{ClaimCase, ClaimGate, choose_lane};
use crate::domain::id::LaneName;
use crate::domain::refusal::{Holder, Unmet};

pub(super) const GATE: ClaimGate = ClaimGate {
    id: "lane-busy",
    about: "a lane of the task's role is free, and it is the pinned one if the task is pinned",
    check,
};

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let task = case.task;
    let Some(role) = case.snapshot.rules.policy.roles.get(&task.role) else {
        return Vec::new();
    };
    if let Some(wanted) = case.lane {
        if wanted.role != task.role {
            let message = format!(
                "`{}` is work of {}, not of lane {wanted}",
                task.id, task.role
            );
            return vec![Unmet::rule("lane-wrong", message)];
        }
        if task.lane.as_ref().is_some_and(|pinned| pinned != wanted) {
            let pinned = task
                .lane
                .as_ref()
                .map(LaneName::to_string)
                .unwrap_or_default();
            let message = format!("`{}` is pinned to lane {pinned}, not {wanted}", task.id);
            return vec![Unmet::rule("lane-wrong", message)];
        }
    }
    for lane in case.lane.into_iter().chain(&task.lane) {
        if lane.number() > role.lanes {
            let message = format!(
                "{} has {} lane(s); there is no lane {lane}",
                task.role, role.lanes
            );
            return vec![
                Unmet::rule("lane-wrong", message)
                    .hint("raise `lanes` of the role in governance/policy.yaml"),
            ];
        }
    }
    if choose_lane(case).is_some() {
        return Vec::new();
    }
    let lanes: Vec<LaneName> = match case.lane.or(task.lane.as_ref()) {
        Some(lane) => vec![lane.clone()],
        None => (1..=role.lanes)
            .filter_map(|n| LaneName::new(task.role.clone(), n).ok())
            .collect(),
    };
    lanes
        .iter()
        .filter_map(|lane| {
            case.snapshot
                .lane_holder(lane, case.now)
                .map(|held| (lane, held))
        })
        .map(|(lane, (id, claim))| {
            Unmet::conflict(
                GATE.id,
                format!(
                    "lane {lane} is busy with `{id}`, held by {} until {}",
                    claim.agent, claim.expires_at
                ),
            )
            .held_by(Holder::claim(id, claim))
        })
        .collect()
}
