//! What the JSON Schema of a file has to say beyond the first error of each place.
//!
//! Reading stops at a mapping that lacks a key, since its meaning hangs on all of them; the schema
//! also sees what else that mapping has wrong.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value as Json;

use super::collect::FileKind;
use super::point;
use crate::ledger::finding::{Finding, Severity};
use crate::ledger::format::schema::schemas;
use crate::ledger::format::v1::queue::{TOOL_OWNED, tool_owned};
use crate::ledger::yaml::{LineIndex, Node, closest};

/// Most findings that a schema adds to a file.
const MOST: usize = 1000;

/// Adds what the schema finds at places that have no finding yet.
pub(super) fn complete(
    kind: FileKind,
    index: &LineIndex<'_>,
    node: &Node<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some((_, schema)) = schemas()
        .into_iter()
        .find(|(name, _)| *name == kind.schema())
    else {
        return;
    };
    let Ok(validator) = jsonschema::validator_for(&schema) else {
        return;
    };
    let document = node.to_json();
    let mut known = Known::default();
    for finding in findings.iter() {
        known.add(finding.span.start, &finding.message);
    }
    let told = validator.iter_errors(&document).flat_map(|error| {
        let place = error.instance_path().as_str();
        // Several keys can be missing at one place; anything else is told once.
        let missing = matches!(error.kind(), Kind::Required { .. });
        let found = match error.kind() {
            Kind::AdditionalProperties { unexpected } => {
                let names = keys_at(&schema, error.schema_path().as_str());
                let keys = unexpected.iter().take(MOST);
                keys.map(|key| unknown(node, place, key, &names)).collect()
            }
            kind => describe(node, place, kind, error.instance()),
        };
        found.into_iter().map(move |told| (missing, told))
    });
    let mut added = Vec::new();
    for (missing, told) in told.take(MOST) {
        if known.tells(told.span.start, &told.message, missing) {
            continue;
        }
        known.add(told.span.start, &told.message);
        let (line, column) = index.position(told.span.start);
        added.push(Finding {
            rule: told.rule,
            severity: Severity::Error,
            line,
            column,
            span: told.span,
            message: told.message,
            hint: told.hint,
        });
    }
    findings.extend(added);
}

/// What is told already, by place.
#[derive(Default)]
struct Known(HashMap<usize, At>);

#[derive(Default)]
struct At {
    messages: HashSet<String>,
    /// Whether one of them is of something else than a missing key.
    settled: bool,
}

impl Known {
    fn add(&mut self, start: usize, message: &str) {
        let at = self.0.entry(start).or_default();
        at.settled |= !message.ends_with("is missing");
        at.messages.insert(message.to_owned());
    }

    fn tells(&self, start: usize, message: &str, missing: bool) -> bool {
        let at = self.0.get(&start);
        at.is_some_and(|at| !missing && at.settled || at.messages.contains(message))
    }
}

/// The keys that the schema knows where `path` within it refuses others.
fn keys_at(schema: &Json, path: &str) -> Vec<String> {
    let mut at = schema;
    for step in path.split('/').skip(1) {
        if step == "additionalProperties" {
            break;
        }
        if step != "$ref"
            && let Some(name) = at["$ref"].as_str()
        {
            at = schema
                .pointer(name.trim_start_matches('#'))
                .unwrap_or(&Json::Null);
        }
        let step = step.replace("~1", "/").replace("~0", "~");
        at = match (step.as_str(), at) {
            ("$ref", at) => at["$ref"]
                .as_str()
                .and_then(|name| schema.pointer(name.trim_start_matches('#')))
                .unwrap_or(at),
            (step, Json::Array(list)) => {
                let nth = step.parse().ok().and_then(|nth: usize| list.get(nth));
                nth.unwrap_or(&Json::Null)
            }
            (step, at) => &at[step],
        };
    }
    let keys = at["properties"]
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys());
    keys.cloned().collect()
}

struct Told {
    rule: &'static str,
    span: Range<usize>,
    message: String,
    hint: Option<String>,
}

impl Told {
    fn new(span: Range<usize>, message: String, hint: Option<String>) -> Self {
        let rule = "schema";
        Self {
            rule,
            span,
            message,
            hint,
        }
    }
}

/// An error in the words that reading uses. Errors of other kinds are left to reading, which knows
/// more about them.
fn describe(node: &Node<'_>, place: &str, kind: &Kind, instance: &Json) -> Vec<Told> {
    match kind {
        Kind::Required { property } => {
            let message = format!("the key `{}` is missing", property.as_str().unwrap_or("?"));
            vec![Told::new(at(node, place, point::beginning), message, None)]
        }
        Kind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(_) => "another type of value".to_owned(),
            };
            let message = format!("{} where {} should stand", found(instance), named(&wanted));
            vec![Told::new(at(node, place, point::beginning), message, None)]
        }
        // An enum that may be left out: `null`, or one of the words.
        Kind::AnyOf { context } => context
            .iter()
            .flatten()
            .filter(|error| matches!(error.kind(), Kind::Enum { .. }))
            .flat_map(|error| describe(node, place, error.kind(), instance))
            .collect(),
        Kind::Enum { options } => {
            let words: Vec<&str> = options
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect();
            let message = format!("{} is not one of `{}`", found(instance), words.join("`, `"));
            let near = closest(instance.as_str().unwrap_or_default(), words);
            let hint = near.map(|word| format!("did you mean `{word}`?"));
            vec![Told::new(at(node, place, point::beginning), message, hint)]
        }
        _ => Vec::new(),
    }
}

/// `names`: what could have been meant.
fn unknown(node: &Node<'_>, place: &str, key: &str, names: &[String]) -> Told {
    if let Some((message, hint)) = tool_owned(key).filter(|_| place.starts_with("/tasks/")) {
        let value = |map: &Node<'_>| map.get(key).map_or(0..0, |value| value.span.range());
        return Told {
            rule: TOOL_OWNED,
            ..Told::new(at(node, place, value), message, Some(hint))
        };
    }
    let message = format!("unknown key `{}`", key.escape_debug());
    let near = closest(key, names.iter().map(String::as_str));
    let hint = near.map(|name| format!("did you mean `{name}`?"));
    Told::new(at(node, place, |map| key_of(map, key)), message, hint)
}

/// The span that `of` picks of the node at a pointer.
fn at(node: &Node<'_>, pointer: &str, of: impl Fn(&Node<'_>) -> Range<usize>) -> Range<usize> {
    let mut node = node;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let next = match node.as_seq() {
            Some(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
            None => node.get(&step),
        };
        match next {
            Some(child) => node = child,
            None => break,
        }
    }
    of(node)
}

fn key_of(map: &Node<'_>, name: &str) -> Range<usize> {
    let entries = map.as_map().unwrap_or_default();
    let key = entries.iter().find(|(key, _)| key.text == name);
    key.map_or_else(|| point::beginning(map), |(key, _)| key.span.range())
}

fn found(instance: &Json) -> String {
    match instance {
        Json::Null => "nothing".to_owned(),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "a mapping".to_owned(),
        Json::String(text) => format!("`{}`", text.escape_debug()),
        other => format!("`{other}`"),
    }
}

fn named(kind: &str) -> &str {
    match kind {
        "array" => "a list",
        "object" => "a mapping",
        "string" => "a text",
        "boolean" => "`true` or `false`",
        "integer" | "number" => "a number",
        "null" => "nothing",
        other => other,
    }
}
