//! `co-edited`: a file that several roles edit has one primary owner; others rebase first (P6).
//! Every commit counts.

use std::collections::BTreeSet;

use super::{LandCase, LandGate, Page};
use crate::domain::guarded_paths::CoEdited;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::{RangeFacts, Rules};
use crate::domain::task::Task;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "co-edited",
        about: "a co-edited file is changed by the roles that share it, by others than its owner \
                only on top of what the target has",
        refusals: &[],
        keys: &["policy: co_edited", "task: role"],
        text: "Files such as go.mod or a changelog are edited by many, so they are nobody's alone: \
               the roles of the entry may touch them although they are not among their \
               `owned_paths`. The owner's change is replayed onto the target as usual. Anybody \
               else's lands only if the target has not changed the file since the branch started; \
               otherwise `laneway lane sync`, look at the file, and hand off again. Of work that a \
               forge landed by a merge commit of its own, this is not asked.",
        in_force: |rules: &Rules| !rules.policy.co_edited.is_empty(),
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let mut unmet = strangers(case);
    let rules = &case.snapshot.rules;
    let late = behind(rules, case.task, case.range);
    unmet.extend(late.into_iter().map(|(path, shared)| {
        let message = format!(
            "the target has changed {path}, which is {}'s, since the branch started: others rebase \
             first",
            shared.owner
        );
        Unmet::rule(GATE.page.id, message)
            .hint("`laneway lane sync` in its lane, then hand it off again")
    }));
    unmet
}

/// Changes by roles that do not share the file.
fn strangers(case: &LandCase<'_>) -> Vec<Unmet> {
    let role = &case.task.role;
    let mut unmet = Vec::new();
    for commit in &case.range.commits {
        for path in &commit.paths {
            let Some(shared) = shared(&case.snapshot.rules, path) else {
                continue;
            };
            if !shared.admits(role) {
                let message = format!(
                    "commit {} touches {path}, which {} does not share with {role}",
                    commit.id.short(),
                    shared.owner
                );
                unmet.push(Unmet::rule(GATE.page.id, message).hint(
                    "leave it to a role that shares it, or add yours to `co_edited` in \
                     governance/policy.yaml",
                ));
            }
        }
    }
    unmet
}

/// The entry that `path` falls under; the first one counts.
fn shared<'a>(rules: &'a Rules, path: &str) -> Option<&'a CoEdited> {
    rules
        .policy
        .co_edited
        .iter()
        .find(|shared| shared.holds(path))
}

/// Whether `path` is one that `task` edits together with others, whatever it owns.
pub(super) fn shares(rules: &Rules, task: &Task, path: &str) -> bool {
    shared(rules, path).is_some_and(|shared| shared.admits(&task.role))
}

/// The co-edited files of `range` that the target changed since it started, each with its entry,
/// where `task` is not its owner's.
#[must_use]
pub fn behind<'a>(
    rules: &'a Rules,
    task: &Task,
    range: &'a RangeFacts,
) -> Vec<(&'a str, &'a CoEdited)> {
    if range.moved.is_empty() {
        return Vec::new();
    }
    let touched = range.commits.iter().flat_map(|commit| &commit.paths);
    let touched: BTreeSet<&str> = touched.map(String::as_str).collect();
    let moved = range.moved.iter().map(String::as_str);
    moved
        .filter(|path| touched.contains(path))
        .filter_map(|path| Some((path, shared(rules, path)?)))
        .filter(|(_, shared)| shared.owner != task.role)
        .collect()
}
