//! The text of a work package: written from a task, and its sections read back (G1). Filling in
//! names is all that a template does: `{name}`, nothing else.

use std::collections::BTreeMap;

use super::format::v1::PackageFile;
use super::yaml;
use crate::domain::package::{Package, SECTIONS};

/// The body that a package has when the repository brings none of its own.
pub const TEMPLATE: &str = include_str!("../../templates/package.md");

/// Where a repository's own body stands.
pub const OWN_TEMPLATE: &str = "governance/templates/package.md";

/// Fills `{name}` in; a name that is not known stays as it is.
#[must_use]
pub fn fill(template: &str, values: &BTreeMap<&str, String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, behind) = rest.split_at(open);
        text.push_str(before);
        let name = behind[1..].find('}').map(|close| &behind[1..=close]);
        match name.and_then(|name| Some((name, values.get(name)?))) {
            Some((name, value)) => {
                text.push_str(value);
                rest = &behind[name.len() + 2..];
            }
            None => {
                text.push('{');
                rest = &behind[1..];
            }
        }
    }
    text.push_str(rest);
    text
}

/// The front matter of a package, between its fences; none when it cannot be written.
#[must_use]
pub fn front_matter(package: &Package) -> Option<String> {
    let tree = yaml::to_tree(&PackageFile::from(package)).ok()?;
    Some(format!("---\n{}---\n", yaml::emit(&tree)))
}

/// A section of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// Its heading.
    pub heading: &'a str,
    /// The line of the heading within the body, from 0.
    pub line: usize,
    /// What stands below it.
    pub text: String,
}

impl Section<'_> {
    /// Whether it says nothing: no text, or only what stands for text to come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let told = self.text.trim();
        let placeholder = |word: &str| told.trim_end_matches(['.', ':']).eq_ignore_ascii_case(word);
        told.is_empty()
            || ["todo", "tbd", "fixme", "…", "...", "-", "n/a"]
                .iter()
                .any(|w| placeholder(w))
            || told == "…"
            || (told.starts_with('<') && told.ends_with('>') && !told.contains('\n'))
            || (told.starts_with('{') && told.ends_with('}') && !told.contains('\n'))
    }
}

/// The sections of a body: what stands below headings of the second level, outside of code.
#[must_use]
pub fn sections(body: &str) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut fenced = false;
    for (line, text) in body.lines().enumerate() {
        fenced ^= text.trim_start().starts_with("```");
        match text.strip_prefix("## ").filter(|_| !fenced) {
            Some(heading) => sections.push(Section {
                heading: heading.trim(),
                line,
                text: String::new(),
            }),
            None => {
                if let Some(section) = sections.last_mut() {
                    section.text.push_str(text);
                    section.text.push('\n');
                }
            }
        }
    }
    sections
}

/// The sections that a package owes and has not, or has empty, with the line of the heading within
/// the body, where there is one.
#[must_use]
pub fn owed(body: &str) -> Vec<(&'static str, Option<usize>)> {
    let found = sections(body);
    let state = |heading: &&'static str| {
        let same = |section: &&Section<'_>| section.heading.eq_ignore_ascii_case(heading);
        match found.iter().find(same) {
            None => Some((*heading, None)),
            Some(section) if section.is_empty() => Some((*heading, Some(section.line))),
            Some(_) => None,
        }
    };
    SECTIONS.iter().filter_map(state).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g01_names_are_filled_in_and_nothing_else_happens() {
        let values = [("task", "A-1 {role}".to_owned()), ("role", "A".to_owned())];
        let values: BTreeMap<&str, String> = values.into_iter().collect();
        let text = fill("{task} {role} {nobody} {{task}} {", &values);
        assert_eq!(text, "A-1 {role} A {nobody} {A-1 {role}} {");
    }

    #[test]
    fn g01_the_template_has_the_eight_sections() {
        assert_eq!(owed(TEMPLATE).len(), 4, "those that are one name each");
        let found = sections(TEMPLATE);
        let found: Vec<&str> = found.iter().map(|s| s.heading).collect();
        assert_eq!(found, SECTIONS);
    }

    #[test]
    fn g01_a_section_that_is_missing_or_says_nothing_is_owed() {
        let body = TEMPLATE.replace(['{', '}'], "");
        assert_eq!(owed(&body), []);
        let without = body.replace("## Stop gate", "## Stop");
        assert_eq!(owed(&without), [("Stop gate", None)]);
        let todo = body.replace("\nstop_gate\n", "\nTODO\n");
        let line = body.lines().position(|line| line == "## Stop gate");
        assert_eq!(owed(&todo), [("Stop gate", line)]);
        let code = body.replace("## Stop gate", "```\n## Stop gate\n```");
        assert_eq!(owed(&code), [("Stop gate", None)]);
    }
}
