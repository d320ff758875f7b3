//! A code quality report of GitLab: `artifacts: reports: codequality`.

use serde::Serialize;

use super::legible::legible;
use super::place::{Found, all};
use crate::domain::rules::Severity;
use crate::ops::validate::Report;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'a str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

impl<'a> Issue<'a> {
    fn of(found: &'a Found<'_>) -> Self {
        Self {
            description: found.message(),
            check_name: found.finding.rule,
            fingerprint: &found.fingerprint,
            severity: match found.finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
            },
            location: Location {
                path: legible(&found.file.file),
                positions: Positions {
                    begin: Position {
                        line: found.finding.line,
                        column: found.finding.column,
                    },
                },
            },
        }
    }
}

/// A JSON list of issues. A fingerprint stays the same as long as rule, file and fact do, so that
/// a report shows what a change brought and what it mended.
#[must_use]
pub fn gitlab(report: &Report) -> String {
    let found = all(report);
    let issues: Vec<Issue<'_>> = found.iter().map(Issue::of).collect();
    // Texts and numbers always serialise.
    serde_json::to_string_pretty(&issues).unwrap_or_default() + "\n"
}
