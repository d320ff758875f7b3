//! `foreign-paths`: work touches only the paths it owns, none that are forbidden, and none that
//! another task in progress has reserved (P5, P41). Every commit counts.

use super::co_edited::shares;
use super::{LandCase, LandGate, Page, always};
use crate::domain::glob::Glob;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "foreign-paths",
        about: "every path that the branch touches is owned, not forbidden, and not another's",
        refusals: &[("forbidden-paths", "the task forbids the path")],
        keys: &[
            "task: owned_paths",
            "task: forbidden_paths",
            "policy: roles",
            "policy: co_edited",
        ],
        text: "Owned paths of a task, else those of its role, are a hard boundary, for every \
               commit of the branch. Without either, everything is allowed but governance/, \
               forbidden paths and what others in progress reserve. Take the change out of the \
               branch, or plan a task for the lane that owns the path.",
        in_force: always,
    },
    check,
};

const TAKE_OUT: &str =
    "take it out of every commit, as with `git rebase -i`; the lane that owns it has that part";

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let task = case.task;
    let owned = owned_by(case.snapshot, task);
    let others: Vec<_> = if owned.is_empty() {
        reserved_by_others(case)
    } else {
        Vec::new()
    };
    let mut unmet: Vec<Unmet> = Vec::new();
    for commit in &case.range.commits {
        for path in &commit.paths {
            let at = format!("commit {} touches {path}", commit.id.short());
            if let Some(glob) = task.forbidden_paths.iter().find(|glob| glob.matches(path)) {
                let message = format!("{at}, forbidden by `{glob}`");
                unmet.push(Unmet::rule("forbidden-paths", message).hint(TAKE_OUT));
            } else if shares(&case.snapshot.rules, task, path) {
                // Whoever shares a co-edited file touches it; the gate `co-edited` has the rest.
            } else if !owned.is_empty() && !owned.iter().any(|glob| glob.matches(path)) {
                let list: Vec<&str> = owned.iter().map(Glob::as_str).collect();
                let message = format!("{at}, outside the owned paths {}", list.join(", "));
                unmet.push(Unmet::rule(GATE.page.id, message).hint(TAKE_OUT));
            } else if let Some((other, glob)) = others.iter().find(|(_, glob)| glob.matches(path)) {
                let message = format!("{at}, reserved as `{glob}` by `{}`", other.id);
                unmet.push(Unmet::conflict(GATE.page.id, message).held_by(Holder::task(&other.id)));
            }
        }
    }
    unmet
}

/// The paths a task may touch: its own, else its role's; empty means everything else than
/// `governance/`, forbidden paths and others' reservations.
#[must_use]
pub fn owned_by<'a>(snapshot: &'a Snapshot, task: &'a Task) -> &'a [Glob] {
    if !task.owned_paths.is_empty() {
        return &task.owned_paths;
    }
    snapshot
        .rules
        .policy
        .roles
        .get(&task.role)
        .map_or(&[], |role| &role.owned_paths)
}

fn reserved_by_others<'a>(case: &LandCase<'a>) -> Vec<(&'a Task, &'a Glob)> {
    let snapshot = case.snapshot;
    let mut reserved: Vec<(&Task, &Glob)> = snapshot
        .states
        .occupying(&snapshot.rules.policy, case.now)
        .filter(|(id, _)| **id != case.task.id)
        .filter_map(|(id, _)| snapshot.plan.get(id))
        .flat_map(|other| other.owned_paths.iter().map(move |glob| (other, glob)))
        .collect();
    reserved.sort_by(|(a, x), (b, y)| a.id.cmp(&b.id).then(x.cmp(y)));
    reserved
}
