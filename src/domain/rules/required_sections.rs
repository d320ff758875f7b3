//! `required-section`: the notes of each task have the sections that policy requires (P13).
//!
//! A section is a line that names it: `Context: …`, `## Context`, `**Context**`.

use super::{Governance, Rule, Severity, Violation};

pub(super) const RULE: Rule = Rule {
    id: "required-section",
    about: "the notes of each task have the sections that `required.note_sections` names",
    severity: Severity::Error,
    check,
};

fn check(governance: &Governance) -> Vec<Violation> {
    let Some(policy) = &governance.policy else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for definition in governance.open() {
        let Some(written) = &definition.planned.written else {
            continue;
        };
        let notes = written.notes.as_deref();
        let at = if notes.is_some() { "/notes" } else { "/id" };
        for section in &policy.value.required.note_sections {
            if !notes.is_some_and(|notes| has_section(notes, section)) {
                let id = &definition.task().id;
                let message = format!("the notes of `{id}` have no section `{section}`");
                found.push(
                    Violation::new(definition.file, definition.pointer(at), message)
                        .hint(format!("start a line of `notes` with `{section}:`")),
                );
            }
        }
    }
    found
}

/// Whether some line of `notes` begins the section.
fn has_section(notes: &str, section: &str) -> bool {
    notes.lines().any(|line| {
        let line = line.trim().trim_start_matches(['#', '*', '_', ' ']);
        let Some(head) = line.get(..section.len()) else {
            return false;
        };
        let rest = line[section.len()..].trim_start_matches(['*', '_', ' ']);
        head.eq_ignore_ascii_case(section) && (rest.is_empty() || rest.starts_with(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::has_section;

    #[test]
    fn a_section_is_a_line_that_names_it() {
        for notes in [
            "Context: why",
            "x\n## Context\ny",
            "**Context:** why",
            "  context :",
            "**Context**",
        ] {
            assert!(has_section(notes, "Context"), "{notes}");
        }
        for notes in [
            "in Context: why",
            "Contextual: x",
            "",
            "Context is all",
            "Conté",
        ] {
            assert!(!has_section(notes, "Context"), "{notes}");
        }
    }
}
