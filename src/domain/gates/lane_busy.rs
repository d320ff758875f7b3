//! `lane-busy`: at most one task in progress per lane (P55), and a pinned task only in its lane.

use super::{ClaimCase, ClaimGate, Page, always, choose_lane};
use crate::domain::id::LaneName;
use crate::domain::policy::Role;
use crate::domain::refusal::{Holder, Unmet};

pub(super) const GATE: ClaimGate = ClaimGate {
    page: Page {
        id: "lane-busy",
        about: "a lane of the task's role is free, and it is the pinned one if the task is pinned",
        refusals: &[("lane-wrong", "the lane is not one that the task may take")],
        keys: &["policy: roles", "task: lane"],
        text: "A lane is a serial stream of work with one branch and one worktree: two tasks at \
               once in it would mix their changes. A handed-off or blocked task leaves its lane. \
               More lanes are more `lanes` of the role in governance/policy.yaml.",
        in_force: always,
    },
    check,
    holds: |case: &ClaimCase<'_>| {
        role_with_lanes(case).is_none_or(|role| {
            lanes_asked_for(case).all(|lane| fits(case, role, lane)) && choose_lane(case).is_some()
        })
    },
};

/// The task's role; one without lanes is the case of `role-unknown`.
fn role_with_lanes<'a>(case: &ClaimCase<'a>) -> Option<&'a Role> {
    let role = case.snapshot.rules.policy.roles.get(&case.task.role);
    role.filter(|role| role.lanes > 0)
}

/// The lane that the claimer wants and the one that the plan pins the task to.
fn lanes_asked_for<'a>(case: &ClaimCase<'a>) -> impl Iterator<Item = &'a LaneName> {
    case.lane.into_iter().chain(&case.task.lane)
}

/// Whether the role has the lane, and no other is pinned.
fn fits(case: &ClaimCase<'_>, role: &Role, lane: &LaneName) -> bool {
    let task = case.task;
    lane.role == task.role
        && lane.number() <= role.lanes
        && task.lane.as_ref().is_none_or(|pinned| pinned == lane)
}

fn check(case: &ClaimCase<'_>) -> Vec<Unmet> {
    let task = case.task;
    let Some(role) = role_with_lanes(case) else {
        return Vec::new();
    };
    if let Some(lane) = lanes_asked_for(case).find(|lane| !fits(case, role, lane)) {
        return vec![wrong(case, role, lane)];
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
        .filter_map(|lane| Some((lane, case.lane_rival(lane)?)))
        .map(|(lane, (id, claim))| {
            let message = format!(
                "lane {lane} is busy with `{id}`, held by {} until {}",
                claim.agent, claim.expires_at
            );
            Unmet::conflict(GATE.page.id, message).held_by(Holder::claim(id, claim))
        })
        .collect()
}

/// Why a lane does not fit.
fn wrong(case: &ClaimCase<'_>, role: &Role, lane: &LaneName) -> Unmet {
    let task = case.task;
    if lane.role != task.role {
        let message = format!("`{}` is work of {}, not of lane {lane}", task.id, task.role);
        return Unmet::rule("lane-wrong", message);
    }
    if let Some(pinned) = task.lane.as_ref().filter(|pinned| *pinned != lane) {
        let message = format!("`{}` is pinned to lane {pinned}, not {lane}", task.id);
        return Unmet::rule("lane-wrong", message);
    }
    let message = format!(
        "{} has {} lane(s); there is no lane {lane}",
        task.role, role.lanes
    );
    Unmet::rule("lane-wrong", message).hint("raise `lanes` of the role in governance/policy.yaml")
}
