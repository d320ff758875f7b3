//! `foreign-paths`: work touches only the paths it owns, none that are forbidden, and none that
//! another task in progress has reserved (P5, P41). Every commit counts.

use super::co_edited::shares;
use super::{LandCase, LandGate, Page, always};
use crate::domain::glob::Glob;
use crate::domain::refusal::{Holder, Unmet};
use crate::domain::snapshot::Snapshot;
use crate::domain::task::Task;
use crate::domain::time::Timestamp;

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
    let bounds = Boundary::of(case.snapshot, case.task, case.now);
    let mut unmet: Vec<Unmet> = Vec::new();
    for commit in &case.range.commits {
        for path in &commit.paths {
            let at = format!("commit {} touches {path}", commit.id.short());
            unmet.extend(bounds.crossing(path).map(|crossing| match crossing {
                Crossing::Forbidden(glob) => {
                    let message = format!("{at}, forbidden by `{glob}`");
                    Unmet::rule("forbidden-paths", message).hint(TAKE_OUT)
                }
                Crossing::Outside(owned) => {
                    let list: Vec<&str> = owned.iter().map(Glob::as_str).collect();
                    let message = format!("{at}, outside the owned paths {}", list.join(", "));
                    Unmet::rule(GATE.page.id, message).hint(TAKE_OUT)
                }
                Crossing::Reserved(other, glob) => {
                    let message = format!("{at}, reserved as `{glob}` by `{}`", other.id);
                    Unmet::conflict(GATE.page.id, message).held_by(Holder::task(&other.id))
                }
            }));
        }
    }
    unmet
}

/// Which paths a task may touch at a moment, for the gate and for the hook that asks before there
/// is a commit.
pub struct Boundary<'a> {
    snapshot: &'a Snapshot,
    task: &'a Task,
    owned: &'a [Glob],
    others: Vec<(&'a Task, &'a Glob)>,
}

/// How a path lies beyond the boundary.
pub enum Crossing<'a> {
    /// The task forbids it by this pattern.
    Forbidden(&'a Glob),
    /// It is none of the owned paths.
    Outside(&'a [Glob]),
    /// Another task in progress has reserved it by this pattern.
    Reserved(&'a Task, &'a Glob),
}

impl<'a> Boundary<'a> {
    /// The boundary of `task` at `now`.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot, task: &'a Task, now: Timestamp) -> Self {
        let owned = owned_by(snapshot, task);
        let others = match owned.is_empty() {
            true => reserved_by_others(snapshot, task, now),
            false => Vec::new(),
        };
        Self {
            snapshot,
            task,
            owned,
            others,
        }
    }

    /// How `path` lies beyond it; `None` within.
    #[must_use]
    pub fn crossing(&self, path: &str) -> Option<Crossing<'a>> {
        let forbids = |glob: &&Glob| glob.matches(path);
        if let Some(glob) = self.task.forbidden_paths.iter().find(forbids) {
            return Some(Crossing::Forbidden(glob));
        }
        if shares(&self.snapshot.rules, self.task, path) {
            // Whoever shares a co-edited file touches it; the gate `co-edited` has the rest.
            return None;
        }
        if !self.owned.is_empty() {
            let within = self.owned.iter().any(|glob| glob.matches(path));
            return (!within).then_some(Crossing::Outside(self.owned));
        }
        let mut others = self.others.iter();
        let (other, glob) = others.find(|(_, glob)| glob.matches(path))?;
        Some(Crossing::Reserved(other, glob))
    }
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

fn reserved_by_others<'a>(
    snapshot: &'a Snapshot,
    task: &Task,
    now: Timestamp,
) -> Vec<(&'a Task, &'a Glob)> {
    let mut reserved: Vec<(&Task, &Glob)> = snapshot
        .states
        .occupying(&snapshot.rules.policy, now)
        .filter(|(id, _)| **id != task.id)
        .filter_map(|(id, _)| snapshot.plan.get(id))
        .flat_map(|other| other.owned_paths.iter().map(move |glob| (other, glob)))
        .collect();
    reserved.sort_by(|(a, x), (b, y)| a.id.cmp(&b.id).then(x.cmp(y)));
    reserved
}
