//! JUnit XML, which most CI servers show: a suite a file, a test a finding. An error is a failure;
//! a warning passes and stands in the output of its test.

use super::legible::legible;
use super::place::{Found, all};
use crate::domain::rules::Severity;
use crate::ops::validate::Report;

/// One document. Without findings, one test that passes says how many files were read.
#[must_use]
pub fn junit(report: &Report) -> String {
    let found = all(report);
    let errors = report.count(Severity::Error);
    let tests = found.len().max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!(
        "<testsuites name=\"laneway validate\" tests=\"{tests}\" failures=\"{errors}\" \
         errors=\"0\">\n"
    ));
    if found.is_empty() {
        text.push_str(&format!(
            "  <testsuite name=\"governance\" tests=\"1\" failures=\"0\" errors=\"0\" \
             skipped=\"0\">\n    <testcase classname=\"governance\" name=\"{} read\"/>\n  \
             </testsuite>\n",
            report.checked
        ));
    }
    for suite in found.chunk_by(|a, b| std::ptr::eq(a.file, b.file)) {
        text.push_str(&file(suite));
    }
    text.push_str("</testsuites>\n");
    text
}

fn file(suite: &[Found<'_>]) -> String {
    let Some(first) = suite.first() else {
        return String::new();
    };
    let name = match first.file.commit.filter(|_| !first.here) {
        Some(commit) => format!("{}:{}", commit.short(), first.file.file),
        None => first.file.file.clone(),
    };
    let name = escaped(&name);
    let failed = |found: &&Found<'_>| found.finding.severity == Severity::Error;
    let mut text = format!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
        suite.len(),
        suite.iter().filter(failed).count()
    );
    for found in suite {
        let finding = found.finding;
        let message = escaped(&found.message());
        text.push_str(&format!(
            "    <testcase classname=\"{name}\" name=\"{} {}:{}\" file=\"{name}\" line=\"{}\">\n",
            escaped(finding.rule),
            finding.line,
            finding.column,
            finding.line
        ));
        text.push_str(&match finding.severity {
            Severity::Error => format!(
                "      <failure type=\"{}\" message=\"{message}\">{name}:{}:{}: {message}\
                 </failure>\n",
                escaped(finding.rule),
                finding.line,
                finding.column
            ),
            Severity::Warning => {
                format!("      <system-out>warning: {message}</system-out>\n")
            }
        });
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n");
    text
}

/// Text as XML has it, in an attribute or between tags.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in legible(text).chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&apos;"),
            c => shown.push(c),
        }
    }
    shown
}
