//! `paths-all-forbidden`: a task that may touch nothing can change nothing.

use super::{Governance, Rule, Severity, Violation};
use crate::domain::glob::Glob;

pub(super) const RULE: Rule = Rule {
    id: "paths-all-forbidden",
    about: "some of the `owned_paths` of a task lies outside its `forbidden_paths`",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let forbidden = |owned| task.forbidden_paths.iter().any(|no| covers(no, owned));
        if !task.owned_paths.is_empty() && task.owned_paths.iter().all(forbidden) {
            let message = format!("`{}` is forbidden every path that it owns", task.id);
            found.push(Violation::new(
                definition.file,
                definition.pointer("/forbidden_paths"),
                message,
            ));
        }
    }
    found
}

/// Whether `wide` surely matches all that `narrow` matches. Plain cases only: the same pattern, or
/// everything below a directory.
fn covers(wide: &Glob, narrow: &Glob) -> bool {
    let (wide, narrow) = (wide.as_str(), narrow.as_str());
    if wide == narrow || wide == "**" {
        return true;
    }
    wide.strip_suffix("**")
        .is_some_and(|directory| !directory.contains(['*', '?']) && narrow.starts_with(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_covers_what_lies_below_it() {
        let covers = |a: &str, b: &str| covers(&Glob::new(a).unwrap(), &Glob::new(b).unwrap());
        assert!(covers("src/**", "src/a/*.rs"));
        assert!(covers("**", "x"));
        assert!(covers("a?", "a?"));
        assert!(!covers("src/**", "srcs/a"));
        assert!(!covers("src/**", "src"));
        assert!(!covers("s*/**", "src/a"));
        assert!(!covers("src/a", "src/**"));
    }
}
