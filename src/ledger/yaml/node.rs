use std::borrow::Cow;
use std::ops::Range;

use super::scalar::{Resolved, resolve};

/// A byte range of the source; 32 bits suffice, since larger sources are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span as a range for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A plain scalar, or nothing at all.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection by indentation.
    Block,
    /// `[…]`, `{…}`, or a single pair inside `[…]`.
    Flow,
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Key<'a> {
    /// Its text, unquoted.
    pub text: Cow<'a, str>,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A value of the source with its place.
///
/// A collection's span ends with its last child (or closing bracket), not where the parser left
/// it behind comments and blank lines. A block scalar's span is its content, without the header.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'a> {
    /// What it holds.
    pub value: Value<'a>,
    /// Where it stands.
    pub span: Span,
    /// How it is written.
    pub style: Style,
}

/// The content of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// The text of a scalar, unquoted and unfolded; its type follows from text and style.
    Scalar(Cow<'a, str>),
    /// A sequence.
    Seq(Box<[Node<'a>]>),
    /// A mapping in source order; keys are unique.
    Map(Box<[(Key<'a>, Node<'a>)]>),
}

impl<'a> Node<'a> {
    /// Whether the node is written in flow style.
    #[must_use]
    pub fn is_flow(&self) -> bool {
        self.style == Style::Flow
    }

    /// The scalar by the core schema; `None` for collections.
    #[must_use]
    pub fn resolved(&self) -> Option<Resolved<'_>> {
        match &self.value {
            Value::Scalar(text) if self.style == Style::Plain => Some(resolve(text)),
            Value::Scalar(text) => Some(Resolved::Text(text)),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Whether the node is null: `null`, `~` or nothing.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.resolved(), Some(Resolved::Null))
    }

    /// The text of a scalar that is not null.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// The items of a sequence.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Node<'a>]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Key<'a>, Node<'a>)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under `key` of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.as_map()?
            .iter()
            .find(|(found, _)| found.text == key)
            .map(|(_, value)| value)
    }

    /// The node as JSON, as schemas see it. A number that JSON's readers would take for another one
    /// is the text that stands there.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        self.json_with(&|text, value| {
            serde_json::Number::from_f64(value)
                .filter(|_| is_exact(text, value))
                .map_or_else(|| text.into(), serde_json::Value::Number)
        })
    }

    /// The node as JSON, in which `number` makes what a number becomes that is no integer of 64 bits.
    #[must_use]
    pub fn json_with(&self, number: &impl Fn(&str, f64) -> serde_json::Value) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Seq(items) => {
                Json::Array(items.iter().map(|item| item.json_with(number)).collect())
            }
            Value::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.to_string(), node.json_with(number)))
                    .collect(),
            ),
            Value::Scalar(text) => match self.resolved() {
                Some(Resolved::Null) => Json::Null,
                Some(Resolved::Bool(value)) => Json::Bool(value),
                Some(Resolved::Int(value)) => Json::from(value),
                Some(Resolved::Float(value)) => number(text, value),
                Some(Resolved::Text(_)) | None => Json::String(text.to_string()),
            },
        }
    }

    /// The bytes that a JSON pointer (RFC 6901) means: `/tasks/7/priority`.
    ///
    /// For a property or item that is missing, the first key of the deepest mapping on the way,
    /// or the deepest node if that is no mapping. `None` only for text that is no pointer.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Option<Range<usize>> {
        let mut node = self;
        let Some(steps) = pointer.strip_prefix('/') else {
            return pointer.is_empty().then(|| node.anchor());
        };
        for step in steps.split('/') {
            let name = step.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                Value::Map(_) => node.get(&name),
                Value::Seq(items) => name.parse().ok().and_then(|at: usize| items.get(at)),
                Value::Scalar(_) => None,
            };
            match next {
                Some(child) => node = child,
                None => return Some(node.anchor()),
            }
        }
        Some(node.span.range())
    }

    /// Where a finding about the node as a whole points: the first key of a mapping.
    pub(super) fn anchor(&self) -> Range<usize> {
        match &self.value {
            Value::Map(entries) => entries
                .first()
                .map_or(self.span, |(key, _)| key.span)
                .range(),
            Value::Scalar(_) | Value::Seq(_) => self.span.range(),
        }
    }
}

/// Most significant digits that every fraction of 64 bits keeps.
const DIGITS: usize = 15;

/// Whether a number of 64 bits says what stands in the text.
fn is_exact(text: &str, value: f64) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    let significant = digits.skip_while(|digit| *digit == b'0').count();
    significant <= DIGITS && value.is_finite() && (value.is_normal() || significant == 0)
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, parse};

    #[test]
    fn p14_no_digit_of_a_number_is_lost() {
        let source =
            "[18446744073709551615, 1e400, 1e-400, 0.1234567890123456789, 1.10, 0.0, -2.5e-3]";
        let json = parse(source, Limits::PLAN).unwrap().to_json();
        let texts = serde_json::json!([
            "18446744073709551615",
            "1e400",
            "1e-400",
            "0.1234567890123456789",
            1.1,
            0.0,
            -0.0025
        ]);
        assert_eq!(json, texts);
    }

    #[test]
    fn nodes_are_small() {
        assert_eq!(size_of::<super::Node<'_>>(), 40);
    }

    #[test]
    fn pointers_find_their_bytes() {
        let source = "v: 1\ntasks:\n  - id: A\n    a/b: [x, y]\n";
        let node = parse(source, Limits::PLAN).unwrap();
        let at = |pointer: &str| node.locate(pointer).map(|range| &source[range]);
        assert_eq!(at("/tasks/0/a~1b/1"), Some("y"));
        assert_eq!(at("/tasks/0/title"), Some("id"));
        assert_eq!(at("/v/x"), Some("1"));
        assert_eq!(at(""), Some("v"));
        assert_eq!(at("v"), None);
    }

    #[test]
    fn json_has_the_types_of_the_core_schema() {
        let source =
            "{a: no, b: 010, c: 1_000, d: 2026-11-20, e: true, f: 1.5, g: 0x1F, h: ~, i: '1'}";
        let json = parse(source, Limits::PLAN).unwrap().to_json();
        let expected = serde_json::json!({
            "a": "no", "b": "010", "c": "1_000", "d": "2026-11-20", "e": true, "f": 1.5,
            "g": 31, "h": null, "i": "1",
        });
        assert_eq!(json, expected);
    }
}
