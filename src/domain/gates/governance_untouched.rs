//! `governance-touched`: work never changes the rules it is judged by. Every commit counts, not
//! only the net difference (DESIGN §5).

use super::{LandCase, LandGate, Page, always};
use crate::domain::refusal::Unmet;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "governance-touched",
        about: "no commit of the branch touches `governance/`",
        refusals: &[],
        keys: &[],
        text: "Work never changes the rules it is judged by: not in any of its commits, even if a \
               later one takes it back. Rules and plan change by commits or pull requests of their \
               own.",
        in_force: always,
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    case.range
        .commits
        .iter()
        .filter_map(|commit| {
            let path = commit.paths.iter().find(|path| governs(path))?;
            let message = format!("commit {} touches {path}", commit.id.short());
            Some(Unmet::rule(GATE.page.id, message).hint(
                "rules and plan change by a commit or pull request of their own, outside tasks",
            ))
        })
        .collect()
}

/// Whether `path` belongs to rules and plan.
#[must_use]
pub fn governs(path: &str) -> bool {
    path.split('/')
        .next()
        .is_some_and(|first| first.eq_ignore_ascii_case("governance"))
}
