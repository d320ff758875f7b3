//! SARIF 2.1.0 (OASIS), which code scanning reads. It holds no path of a machine: every address is
//! relative to the root of the repository, and what stands on the ledger to the root of that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::legible::legible;
use super::place::{Found, all};
use crate::domain::pages::{RULE_TEXTS, text_of};
use crate::domain::rules::{self, Severity};
use crate::ops::validate::Report;

/// One run with every finding, and the rules that were broken.
#[must_use]
pub fn sarif(report: &Report) -> String {
    let found = all(report);
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &found {
        numbers.insert(one.finding.rule, 0);
    }
    for (at, number) in numbers.values_mut().enumerate() {
        *number = at;
    }
    let rules: Vec<Value> = numbers.keys().map(|id| rule(id)).collect();
    let results: Vec<Value> = found
        .iter()
        .map(|found| result(found, numbers.get(found.finding.rule).copied()))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "laneway",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                "SRCROOT": {"description": {"text": "the root of the repository"}},
                "LEDGER": {"description": {"text": "the root of the ledger branch"}},
            },
            "invocations": [{"executionSuccessful": true}],
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(id: &str) -> Value {
    let between = rules::ALL.iter().find(|rule| rule.id == id);
    let reading = rules::WHILE_READING.iter().find(|rule| rule.id == id);
    let (about, severity) = match (between, reading) {
        (Some(rule), _) => (rule.about, rule.severity),
        (None, Some(rule)) => (rule.about, rule.severity),
        (None, None) => (id, Severity::Error),
    };
    let explain = format!("`laneway explain {id}` says more.");
    let help = match text_of(RULE_TEXTS, id) {
        Some(text) => format!("{text} {explain}"),
        None => explain,
    };
    json!({
        "id": id,
        "shortDescription": {"text": about},
        "help": {"text": help},
        "defaultConfiguration": {"level": severity.word()},
    })
}

fn result(found: &Found<'_>, rule: Option<usize>) -> Value {
    let finding = found.finding;
    let mut region = json!({"startLine": finding.line, "startColumn": finding.column});
    if let Some((line, column)) = found.end {
        region["endLine"] = json!(line);
        region["endColumn"] = json!(column);
    }
    let mut address = json!({"uri": uri(&found.file.file)});
    if !found.file.file.starts_with('/') {
        address["uriBaseId"] = json!(if found.here { "SRCROOT" } else { "LEDGER" });
    }
    let mut result = json!({
        "ruleId": finding.rule,
        "level": finding.severity.word(),
        "message": {"text": found.message()},
        "locations": [{"physicalLocation": {"artifactLocation": address, "region": region}}],
        "partialFingerprints": {"laneway/v1": found.fingerprint},
    });
    if let Some(rule) = rule {
        result["ruleIndex"] = json!(rule);
    }
    result
}

/// A path as a relative reference of RFC 3986: all but unreserved characters and slashes escaped.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in legible(path).bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
