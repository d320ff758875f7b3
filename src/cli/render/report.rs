//! Failures for a reader at three in the morning: the fact, the holder, the place, the next
//! command.

use laneway::ledger::{BadFile, Finding};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Severity,
};

use super::super::failure::Failure;
use super::shown::safe;

/// A failure as text.
pub fn failure(failure: &Failure, color: bool) -> String {
    let mut text = String::new();
    if failure.files.is_empty() {
        let lines: Vec<String> = safe(&failure.error.message)
            .lines()
            .map(str::to_owned)
            .collect();
        text.push_str(&format!("error: {}\n", lines.join("\n  ")));
        for hint in &failure.error.hints {
            text.push_str(&format!(
                "  hint: {}\n",
                safe(hint).replace('\n', "\n        ")
            ));
        }
        return text;
    }
    for file in &failure.files {
        text.push_str(&findings(file, color));
    }
    text
}

/// Bytes of source that are searched for lines to draw: each drawn finding costs the whole text.
const DRAWN: usize = 32 << 20;

/// Most findings of a file that are drawn.
const MOST_DRAWN: usize = 100;

/// All findings of a file, each with its line of source; where there are very many, or the file is
/// very large, the later ones on a line each.
pub fn findings(file: &BadFile, color: bool) -> String {
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_links(false);
    let mut text = String::new();
    let source = safe_source(&file.text);
    let drawn = (DRAWN / source.len().max(1)).clamp(1, MOST_DRAWN);
    for (nth, finding) in file.findings.iter().enumerate() {
        let at = file
            .commit
            .map(|commit| format!("{}:", commit.short()))
            .unwrap_or_default();
        // A name must not begin a line: CI servers take some lines for commands.
        let name = format!("{at}{}", safe(&file.file).replace('\n', "\\n"));
        let place = format!("{name}:{}:{}", finding.line, finding.column);
        if nth >= drawn || !drawable(&source, finding) {
            text.push_str(&line(finding, &place));
            continue;
        }
        let report = miette::Report::new(diagnostic(finding, &place, &file.text))
            .with_source_code(NamedSource::new(name, source.clone()));
        if handler.render_report(&mut text, report.as_ref()).is_err() {
            text.push_str(&line(finding, &place));
        }
    }
    text
}

/// Whether the lines around a finding are ones that a terminal shows. A long one would be cut
/// nowhere, and no drawing counts columns that far.
fn drawable(source: &str, finding: &Finding) -> bool {
    const LONGEST: usize = 2000;
    let (start, end) = (finding.span.start, finding.span.end);
    let (Some(before), Some(after)) = (source.get(..start), source.get(end..)) else {
        return false;
    };
    let above: usize = before.rsplit('\n').take(3).map(str::len).max().unwrap_or(0);
    let below: usize = after.split('\n').take(3).map(str::len).max().unwrap_or(0);
    above.max(below).max(end - start) <= LONGEST
}

fn line(finding: &Finding, place: &str) -> String {
    let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})"));
    let told = format!("{}{}", finding.message, hint.unwrap_or_default());
    format!("{}: {place}: {}\n", finding.severity, safe(&told))
}

fn diagnostic(finding: &Finding, place: &str, source: &str) -> MietteDiagnostic {
    let message = format!("{place}: {}", safe(&finding.message));
    let mut diagnostic = MietteDiagnostic::new(message)
        .with_code(finding.rule)
        .with_severity(match finding.severity {
            laneway::ledger::Severity::Error => Severity::Error,
            laneway::ledger::Severity::Warning => Severity::Warning,
        });
    if !source.is_empty() {
        // A span of no bytes still points at its place.
        let len = finding
            .span
            .len()
            .max(usize::from(finding.span.start < source.len()));
        let label = LabeledSpan::new(Some("here".to_owned()), finding.span.start, len);
        diagnostic = diagnostic.with_label(label);
    }
    match &finding.hint {
        Some(hint) => diagnostic.with_help(safe(hint)),
        None => diagnostic,
    }
}

/// The source with what could steer a terminal replaced, byte for byte, so that spans still fit.
fn safe_source(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t') || safe(&c.to_string()) != c.to_string()
    };
    text.chars()
        .flat_map(|c| {
            let replaced = if steers(c) && c != '\n' && c != '\t' {
                '?'
            } else {
                c
            };
            let count = if replaced == c { 1 } else { c.len_utf8() };
            std::iter::repeat_n(replaced, count)
        })
        .collect()
}
