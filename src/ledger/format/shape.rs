//! Keys that go together: which of them a word such as `in_progress` or `handoff` asks for.
//!
//! One table serves the reader and the JSON Schema.

use serde_json::{Map, Value, json};

use super::problem::Place;

/// The keys that one word carries.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The word: a status, the kind of a record, the key that tells the kind of a probe.
    pub word: &'static str,
    /// Keys that must be there.
    pub required: &'static [&'static str],
    /// Keys that may be there.
    pub optional: &'static [&'static str],
}

impl Shape {
    fn allows(&self, key: &str) -> bool {
        self.required.contains(&key) || self.optional.contains(&key)
    }

    /// Notes each key that is missing or too many. `present` names every key that depends on the
    /// word, and whether it is there. Returns whether all is well.
    pub fn check(&self, at: &Place<'_>, present: &[(&str, bool)]) -> bool {
        let mut fits = true;
        for (key, there) in present {
            if *there && !self.allows(key) {
                at.key(key)
                    .refuse(format!("`{}` has no `{key}`", self.word));
                fits = false;
            }
            if !there && self.required.contains(key) {
                at.refuse(format!("`{}` needs `{key}`", self.word));
                fits = false;
            }
        }
        fits
    }

    /// The JSON Schema of an object with this word, given all keys that depend on words.
    fn schema(&self, keys: &[&str]) -> Map<String, Value> {
        let others = keys.iter().filter(|key| !self.allows(key));
        let banned: Map<String, Value> = others
            .map(|key| ((*key).to_owned(), json!(false)))
            .collect();
        let mut schema = Map::new();
        if !self.required.is_empty() {
            schema.insert("required".to_owned(), json!(self.required));
        }
        if !banned.is_empty() {
            schema.insert("properties".to_owned(), Value::Object(banned));
        }
        schema
    }
}

/// All keys that some shape of `shapes` knows.
fn keys(shapes: &[Shape]) -> Vec<&'static str> {
    let mut keys: Vec<&str> = Vec::new();
    for key in shapes
        .iter()
        .flat_map(|shape| shape.required.iter().chain(shape.optional))
    {
        if !keys.contains(key) {
            keys.push(key);
        }
    }
    keys
}

/// JSON Schema: when the key `tag` holds a word, the keys of that word.
pub fn by_tag(tag: &str, shapes: &[Shape]) -> Value {
    let keys = keys(shapes);
    let branches = shapes.iter().map(|shape| {
        json!({
            "if": {"properties": {tag: {"const": shape.word}}, "required": [tag]},
            "then": shape.schema(&keys),
        })
    });
    Value::Array(branches.collect())
}

/// JSON Schema: exactly one of the shapes, told by its required keys.
pub fn by_presence(shapes: &[Shape]) -> Value {
    let keys = keys(shapes);
    shapes
        .iter()
        .map(|shape| Value::Object(shape.schema(&keys)))
        .collect()
}
