//! `placeholder`: what a plan says is said, not promised.

use super::{Governance, Rule, Severity, Violation};
use crate::domain::placeholder::is_placeholder;

pub(super) const RULE: Rule = Rule {
    id: "placeholder",
    about: "titles and notes of tasks say something",
    severity: Severity::Warning,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let mut found = Vec::new();
    for definition in governance.open() {
        let task = definition.task();
        let title = Some(("title", task.title.as_str()));
        let notes = task.notes.as_deref().map(|notes| ("notes", notes));
        for (key, text) in title.into_iter().chain(notes) {
            if is_placeholder(text) {
                let told: String = text.trim().chars().take(40).collect();
                let message = format!("`{key}` of `{}` says nothing: `{told}`", task.id);
                let pointer = definition.pointer(&format!("/{key}"));
                found.push(Violation::new(definition.file, pointer, message));
            }
        }
    }
    found
}
