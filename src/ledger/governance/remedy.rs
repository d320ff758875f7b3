//! What can be mended without asking anybody (`validate --fix`): a spelling that can only have meant
//! one thing, an item that a set has twice, a key of the tool that says nothing.
//!
//! The JSON Schema of the file says which keys and words there are. Every change goes through the
//! lossless editor and is read again; what is written in a way that it does not support stays, and
//! stays a finding. Nothing is taken out that says something, be it a comment. What decides who may
//! do what, and where, is for a person to spell; a file of another version is not touched (P31).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use serde_json::Value as Json;

use super::collect::FileKind;
use crate::domain::suggest::only_close;
use crate::ledger::document::sheet::comments;
use crate::ledger::document::{Document, Edit, Respelling, Route, Step};
use crate::ledger::format::read::Head;
use crate::ledger::format::schema::schemas;
use crate::ledger::format::v1::queue::{TOOL_OWNED, tool_owned};
use crate::ledger::yaml::{LineIndex, Node, Resolved, Value};

/// Most removals of one file at a time: each reads the file again.
const MOST: usize = 100;

/// Most readings for spellings: a key that is mended shows what stands below it.
const ROUNDS: usize = 8;

/// Lists that are sets: that something is there twice says nothing.
const SETS: &[&str] = &[
    "depends_on",
    "exclusive",
    "owned_paths",
    "forbidden_paths",
    "contract_touchpoints",
    "tools",
    "licenses",
    "roles",
    "may",
    "task_types",
    "capabilities",
    "hosts",
    "protected_tests",
    "terms",
];

/// Keys of a plan that describe, and whose spelling, or that of their words, gives and takes nothing
/// that a reader of the difference would not see. Of all other keys and files none but `version` is
/// spelt anew: they say who may do what, and where.
const DESCRIBING: &[&str] = &[
    "version",
    "tasks",
    "title",
    "type",
    "kind",
    "priority",
    "sequence",
    "slice",
    "risk",
    "depends_on",
    "effort",
    "origin_ask_ref",
    "notes",
];

/// One thing that was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mend {
    /// The rule that was broken.
    pub rule: &'static str,
    /// Line in the text as it was before, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What was done, as a lower-case fragment.
    pub message: String,
}

/// A text that was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The text as it is now.
    pub text: String,
    /// What was done.
    pub mends: Vec<Mend>,
}

/// Mends what can be mended; `None` when there is nothing, the text is no YAML, or its version is not
/// the one that this build writes.
#[must_use]
pub fn mended(kind: FileKind, text: &str) -> Option<Mended> {
    let schemas = schemas();
    let (_, schema) = schemas.iter().find(|(name, _)| *name == kind.schema())?;
    let mut document = Document::new(text.to_owned());
    let mut mends = Vec::new();
    for _ in 0..ROUNDS {
        let Some(remedies) = find(kind, schema, &document) else {
            break;
        };
        if remedies.words.is_empty() {
            for (edit, mend) in remedies.removals.into_iter().take(MOST) {
                let mut without = document.clone();
                if without.apply(&edit).is_ok() && same_comments(&document, &without) {
                    document = without;
                    mends.push(mend);
                }
            }
            break;
        }
        let words: Vec<Respelling> = remedies
            .words
            .iter()
            .map(|(word, _)| word.clone())
            .collect();
        if document.respell(&words).is_err() {
            break;
        }
        mends.extend(remedies.words.into_iter().map(|(_, mend)| mend));
    }
    (!mends.is_empty()).then(|| Mended {
        text: document.into_source(),
        mends,
    })
}

/// Whether both texts have the same comments.
fn same_comments(one: &Document, other: &Document) -> bool {
    match (comments(one.source()), comments(other.source())) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// Whether the one version that the file gives is ours, be its key misspelt.
fn is_ours(root: &Node<'_>) -> bool {
    let entries = root.as_map().unwrap_or_default();
    let mut given = entries
        .iter()
        .filter(|(key, _)| key.text == "version" || only_close(&key.text, ["version"]).is_some());
    let (Some((_, version)), None) = (given.next(), given.next()) else {
        return false;
    };
    let version = u32::deserialize(version);
    version.is_ok_and(|version| Head { version }.check().is_ok())
}

fn find(kind: FileKind, schema: &Json, document: &Document) -> Option<Remedies> {
    let root = document.root().ok().filter(is_ours)?;
    let mut search = Search {
        kind,
        schema,
        index: LineIndex::new(document.source()),
        found: Remedies::default(),
    };
    search.value(schema, &root, &mut Vec::new());
    Some(search.found)
}

#[derive(Default)]
struct Remedies {
    words: Vec<(Respelling, Mend)>,
    removals: Vec<(Edit, Mend)>,
}

struct Search<'s> {
    kind: FileKind,
    schema: &'s Json,
    index: LineIndex<'s>,
    found: Remedies,
}

impl<'s> Search<'s> {
    fn value(&mut self, schema: &'s Json, node: &Node<'_>, route: &mut Vec<Step>) {
        let schema = self.fitting(schema, node);
        match &node.value {
            Value::Map(_) => self.mapping(schema, node, route),
            Value::Seq(items) => {
                self.repeats(items, node, route);
                for (at, item) in items.iter().enumerate() {
                    route.push(Step::Nth(at));
                    self.value(&schema["items"], item, route);
                    route.pop();
                }
            }
            Value::Scalar(_) => self.word(schema, node, route),
        }
    }

    /// Behind references and alternatives, the part of the schema that fits the kind of node.
    fn fitting(&self, schema: &'s Json, node: &Node<'_>) -> &'s Json {
        let mut schema = schema;
        // As deep as references may go.
        for _ in 0..16 {
            if let Some(name) = schema["$ref"].as_str() {
                let pointer = name.strip_prefix('#').unwrap_or_default();
                schema = self.schema.pointer(pointer).unwrap_or(&Json::Null);
                continue;
            }
            let Some(branches) = schema["anyOf"].as_array() else {
                break;
            };
            let wanted = match &node.value {
                Value::Map(_) => "object",
                Value::Seq(_) => "array",
                Value::Scalar(_) => "string",
            };
            let fits = |branch: &&Json| {
                let target = match branch["$ref"].as_str() {
                    Some(name) => self.schema.pointer(name.trim_start_matches('#')),
                    None => Some(*branch),
                };
                target.is_some_and(|target| target["type"] == wanted)
            };
            match branches.iter().find(fits) {
                Some(branch) => schema = branch,
                None => break,
            }
        }
        schema
    }

    fn mapping(&mut self, schema: &'s Json, node: &Node<'_>, route: &mut Vec<Step>) {
        let entries = node.as_map().unwrap_or_default();
        let Some(known) = schema["properties"].as_object() else {
            return;
        };
        let closed = schema["additionalProperties"] == false;
        let is_task =
            matches!(route.as_slice(), [Step::Key(list), Step::Nth(_)] if list == "tasks");
        let present: BTreeSet<&str> = entries.iter().map(|(key, _)| &*key.text).collect();
        let absent: Vec<&str> = known
            .keys()
            .map(String::as_str)
            .filter(|name| !present.contains(name))
            .collect();
        let mut meant: BTreeMap<&str, Vec<Respelling>> = BTreeMap::new();
        for (key, value) in entries {
            route.push(Step::Key(key.text.to_string()));
            if let Some(below) = known.get(&*key.text) {
                self.value(below, value, route);
            } else if is_task && tool_owned(&key.text).is_some() {
                self.silent(&key.text, value, route);
            } else if closed && !key.text.starts_with("x-") {
                let meant_one = only_close(&key.text, absent.iter().copied());
                if let Some(name) = meant_one.filter(|name| self.describes(name)) {
                    meant.entry(name).or_default().push(Respelling {
                        span: key.span.range(),
                        word: name.to_owned(),
                    });
                }
            }
            route.pop();
        }
        for (name, keys) in meant {
            // Two keys that could both be the one are for a person.
            if let [one] = keys.as_slice() {
                let old = entries.iter().find(|(key, _)| key.span.range() == one.span);
                let old = old.map_or("", |(key, _)| &key.text);
                let message = format!("key `{}` is now `{name}`", old.escape_debug());
                let mend = self.mend("schema", one.span.start, message);
                self.found.words.push((one.clone(), mend));
            }
        }
    }

    /// Whether a key, and the words below it, may be spelt anew without a person.
    fn describes(&self, key: &str) -> bool {
        match self.kind {
            FileKind::Plan => DESCRIBING.contains(&key),
            _ => key == "version",
        }
    }

    /// A word that is none of the known ones.
    fn word(&mut self, schema: &Json, node: &Node<'_>, route: &[Step]) {
        let describes = |step: &Step| match step {
            Step::Key(key) => self.describes(key),
            Step::Nth(_) | Step::Item { .. } => true,
        };
        if !route.iter().all(describes) {
            return;
        }
        let (Some(words), Some(Resolved::Text(text))) =
            (schema["enum"].as_array(), node.resolved())
        else {
            return;
        };
        let words = || words.iter().filter_map(Json::as_str);
        if words().any(|word| word == text) {
            return;
        }
        if let Some(word) = only_close(text, words()) {
            let message = format!("`{}` is now `{word}`", text.escape_debug());
            let mend = self.mend("meaning", node.span.range().start, message);
            let respelling = Respelling {
                span: node.span.range(),
                word: word.to_owned(),
            };
            self.found.words.push((respelling, mend));
        }
    }

    /// Items that a set has twice.
    fn repeats(&mut self, items: &[Node<'_>], node: &Node<'_>, route: &[Step]) {
        let Some(Step::Key(key)) = route.last() else {
            return;
        };
        let texts: Option<Vec<&str>> = items
            .iter()
            .map(|item| match item.resolved() {
                Some(Resolved::Text(text)) => Some(text),
                _ => None,
            })
            .collect();
        let Some(texts) = texts.filter(|_| SETS.contains(&key.as_str())) else {
            return;
        };
        let mut seen = BTreeSet::new();
        let once: Vec<String> = texts
            .iter()
            .filter(|text| seen.insert(**text))
            .map(|text| (*text).to_owned())
            .collect();
        if once.len() == texts.len() {
            return;
        }
        let gone = texts.len() - once.len();
        let message = format!(
            "`{key}` no longer names {gone} {} twice",
            if gone == 1 { "item" } else { "items" }
        );
        let mend = self.mend("dependency-twice", node.span.range().start, message);
        let edit = Edit::SetList {
            route: Route(route.to_vec()),
            items: once,
        };
        self.found.removals.push((edit, mend));
    }

    /// A key of the tool that says no more than its absence does.
    fn silent(&mut self, key: &str, value: &Node<'_>, route: &[Step]) {
        let empty = match &value.value {
            Value::Seq(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            Value::Scalar(_) if value.is_null() => true,
            Value::Scalar(text) => matches!((key, &**text), ("status", "todo") | ("epoch", "0")),
        };
        if empty {
            let message = format!("`{key}`, which said nothing, is gone");
            let mend = self.mend(TOOL_OWNED, value.span.range().start, message);
            let route = Route(route.to_vec());
            self.found.removals.push((Edit::RemoveKey { route }, mend));
        }
    }

    fn mend(&self, rule: &'static str, at: usize, message: String) -> Mend {
        let (line, column) = self.index.position(at);
        Mend {
            rule,
            line,
            column,
            message,
        }
    }
}

#[cfg(test)]
mod tests;
