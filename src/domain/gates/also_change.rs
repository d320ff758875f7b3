//! `also-change`: what must change along with a path does (P60), such as a changelog with an
//! interface.

use super::{LandCase, LandGate, Page};
use crate::domain::glob::Glob;
use crate::domain::refusal::Unmet;
use crate::domain::snapshot::Rules;

pub(super) const GATE: LandGate = LandGate {
    page: Page {
        id: "also-change",
        about: "the files that policy wants changed along with a path are changed along",
        refusals: &[],
        keys: &["policy: path_rules"],
        text: "A rule of `path_rules` may name files in `also_change`: when the branch changes a \
               path of `when`, it changes a file of each of these patterns too, such as a document \
               or a changelog. Change them, in a commit of their own or along.",
        in_force: |rules: &Rules| {
            let mut path_rules = rules.policy.path_rules.iter();
            path_rules.any(|rule| !rule.also_change.is_empty())
        },
    },
    check,
};

fn check(case: &LandCase<'_>) -> Vec<Unmet> {
    let files = &case.range.files;
    let first = |globs: &[Glob]| {
        let matched = |file: &&String| globs.iter().any(|glob| glob.matches(file));
        files.iter().find(matched)
    };
    let mut unmet = Vec::new();
    for rule in &case.snapshot.rules.policy.path_rules {
        let Some(file) = first(&rule.when) else {
            continue;
        };
        for glob in &rule.also_change {
            if first(std::slice::from_ref(glob)).is_none() {
                let message = format!("{file} changes, and `{glob}` does not change along");
                let hint = format!("change `{glob}` in the branch too");
                unmet.push(Unmet::rule(GATE.page.id, message).hint(hint));
            }
        }
    }
    unmet
}
