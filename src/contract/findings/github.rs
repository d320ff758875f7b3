//! Workflow commands of GitHub Actions, which become annotations of a change.
//!
//! GitHub shows ten errors and ten warnings of a step and drops the rest without a word: so no more
//! are written, the most severe first, and the last line says how many were left out.

use super::legible::legible;
use super::place::{Found, all};
use crate::domain::rules::Severity;
use crate::ops::validate::Report;

/// Most annotations of one severity that a step shows.
const MOST: usize = 10;

/// One command a line, then one line that counts.
#[must_use]
pub fn github(report: &Report) -> String {
    let found = all(report);
    let mut text = String::new();
    let mut hidden = 0;
    for severity in [Severity::Error, Severity::Warning] {
        let alike: Vec<&Found<'_>> = found
            .iter()
            .filter(|found| found.finding.severity == severity)
            .collect();
        hidden += alike.len().saturating_sub(MOST);
        for found in alike.into_iter().take(MOST) {
            text.push_str(&command(found));
        }
    }
    let (errors, warnings) = (
        report.count(Severity::Error),
        report.count(Severity::Warning),
    );
    text.push_str(&format!(
        "laneway: {} read, {}, {}",
        counted(report.checked, "file"),
        counted(errors, "error"),
        counted(warnings, "warning")
    ));
    if hidden > 0 {
        text.push_str(&format!(
            "; {hidden} not shown above: `laneway validate` tells all"
        ));
    }
    text.push('\n');
    text
}

fn command(found: &Found<'_>) -> String {
    let finding = found.finding;
    let rule = property(finding.rule);
    let message = data(&found.message());
    if !found.here {
        return format!("::{} title={rule}::{message}\n", finding.severity);
    }
    let file = property(&found.file.file);
    let mut place = format!("file={file},line={},col={}", finding.line, finding.column);
    // An end on another line would need no column: GitHub refuses both at once.
    if let Some((line, column)) = found.end
        && line == finding.line
    {
        place.push_str(&format!(",endLine={line},endColumn={column}"));
    }
    format!("::{} {place},title={rule}::{message}\n", finding.severity)
}

/// What stands behind `::` at the end, as the runner undoes it.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, as the runner undoes it.
fn property(text: &str) -> String {
    data(&legible(text)).replace(':', "%3A").replace(',', "%2C")
}

fn counted(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}
