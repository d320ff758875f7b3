use std::sync::Arc;

use super::*;
use crate::ledger::{BadFile, Finding, Severity};
use crate::ops::validate::Report;

/// Titles that break out of a format that trusts them.
const HOSTILE: &[&str] = &[
    "\u{1b}[31mred\u{1b}[0m",
    "a\u{202e}b\u{2066}c",
    "]]> <b>&amp;</b>",
    "x%0A::error file=a,line=1::y",
    "x\n::error::y\r\n##[error]z",
    "\"quoted\" 'text' \\ back, colon: comma",
    "nul\0 and \u{fffe}\u{ffff}\u{200b}",
    "::set-output name=a::b",
];

fn finding(rule: &'static str, severity: Severity, line: usize, message: &str) -> Finding {
    Finding {
        rule,
        severity,
        line,
        column: 3,
        span: 0..0,
        message: message.to_owned(),
        hint: None,
    }
}

fn report(findings: Vec<Finding>) -> Report {
    let file = BadFile {
        file: "governance/queue.yaml".to_owned(),
        commit: None,
        text: Arc::from(""),
        findings,
    };
    Report::new(&[file], 4, None)
}

fn hostile() -> Report {
    let findings = HOSTILE.iter().enumerate();
    report(
        findings
            .map(|(at, message)| finding("schema", Severity::Error, at + 1, message))
            .collect(),
    )
}

/// Undoes what the runner of GitHub undoes.
fn undone(text: &str) -> String {
    [
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (code, c)| text.replace(code, c))
}

#[test]
fn p10_hostile_titles_stay_text_in_workflow_commands() {
    let text = github(&hostile());
    assert_eq!(text.lines().count(), HOSTILE.len() + 1, "{text}");
    for (line, said) in text.lines().zip(HOSTILE) {
        let rest = line.strip_prefix("::error ").unwrap();
        let (place, message) = rest.split_once("::").unwrap();
        assert!(
            place.starts_with("file=governance/queue.yaml,line="),
            "{place}"
        );
        assert!(
            !message.contains('\u{1b}') && !message.contains('\0'),
            "{message}"
        );
        assert_eq!(undone(message), legible::legible(said));
    }
    let last = text.lines().last().unwrap();
    assert_eq!(last, "laneway: 4 files read, 8 errors, 0 warnings");
}

#[test]
fn p10_workflow_commands_keep_to_what_github_shows() {
    let mut findings: Vec<Finding> = (1..=13)
        .map(|line| finding("schema", Severity::Warning, line, "w"))
        .collect();
    findings.extend((1..=12).map(|line| finding("schema", Severity::Error, 100 + line, "e")));
    let text = github(&report(findings));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 21, "{text}");
    assert!(lines[..10].iter().all(|line| line.starts_with("::error ")));
    assert!(
        lines[10..20]
            .iter()
            .all(|line| line.starts_with("::warning "))
    );
    assert_eq!(
        lines[20],
        "laneway: 4 files read, 12 errors, 13 warnings; 5 not shown above: `laneway validate` \
         tells all"
    );
}

#[test]
fn p10_hostile_titles_stay_text_in_json() {
    let issues: serde_json::Value = serde_json::from_str(&gitlab(&hostile())).unwrap();
    let log: serde_json::Value = serde_json::from_str(&sarif(&hostile())).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    for (at, said) in HOSTILE.iter().enumerate() {
        let said = legible::legible(said);
        assert_eq!(issues[at]["description"], said.as_str());
        assert_eq!(results[at]["message"]["text"], said.as_str());
        let begin = &issues[at]["location"]["positions"]["begin"];
        assert_eq!(
            (&begin["line"], &begin["column"]),
            (&(at + 1).into(), &3.into())
        );
        let region = &results[at]["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], at + 1);
    }
    assert_eq!(issues.as_array().unwrap().len(), HOSTILE.len());
}

#[test]
fn p10_fingerprints_are_unique_and_move_with_their_finding() {
    let prints = |report: &Report| -> Vec<String> {
        let issues: serde_json::Value = serde_json::from_str(&gitlab(report)).unwrap();
        let issues = issues.as_array().unwrap().iter();
        issues
            .map(|issue| issue["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let one = |line| finding("schema", Severity::Error, line, "twice the same");
    let before = prints(&report(vec![one(1), one(7)]));
    assert_ne!(before[0], before[1]);
    assert_eq!(prints(&report(vec![one(11), one(17)])), before);
}

#[test]
fn p10_hostile_titles_stay_text_in_junit() {
    let text = junit(&hostile());
    // Legal XML 1.0 without a parser at hand: no control characters, and markup is ours alone.
    assert!(
        text.chars().all(|c| !c.is_control() || c == '\n'),
        "{text:?}"
    );
    assert!(!text.contains(['\u{fffe}', '\u{ffff}']));
    assert!(!text.contains("]]>"), "{text}");
    let tags = text.matches('<').count();
    let ours = 1 + 2 + 2 + HOSTILE.len() * 4;
    assert_eq!(tags, ours, "{text}");
    for amp in text.split('&').skip(1) {
        let entity = amp.split(';').next().unwrap();
        assert!(
            ["amp", "lt", "gt", "quot", "apos"].contains(&entity),
            "{amp}"
        );
    }
    assert!(text.contains("tests=\"8\" failures=\"8\""), "{text}");
}

#[test]
fn p10_a_report_without_findings_is_a_report() {
    let none = Report::new(&[], 4, None);
    assert_eq!(
        github(&none),
        "laneway: 4 files read, 0 errors, 0 warnings\n"
    );
    assert_eq!(gitlab(&none), "[]\n");
    assert!(junit(&none).contains("tests=\"1\" failures=\"0\""));
    let log: serde_json::Value = serde_json::from_str(&sarif(&none)).unwrap();
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}
