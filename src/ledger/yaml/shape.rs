use std::ops::Range;

use serde::de::{self, Unexpected};

use super::error::{LineIndex, SyntaxError};
use crate::domain::suggest::closest;

/// Why a node is not a value of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ShapeError {
    /// The fact, as a lower-case fragment.
    pub message: String,
    /// The offending bytes; filled in by the innermost node on the way out.
    pub span: Option<Range<usize>>,
    /// What at that place is wrong.
    pub subject: Subject,
    /// What was probably meant.
    pub hint: Option<String>,
}

/// What a [`ShapeError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The value.
    Value,
    /// The key, which has no place there.
    Key,
    /// This key of the mapping, which is not there.
    Missing(&'static str),
}

impl ShapeError {
    pub(super) fn new(message: String) -> Self {
        Self {
            message,
            span: None,
            subject: Subject::Value,
            hint: None,
        }
    }

    pub(super) fn or_at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    /// The same with line and column.
    #[must_use]
    pub fn locate(self, index: &LineIndex<'_>) -> SyntaxError {
        let span = self.span.unwrap_or(0..0);
        let (line, column) = index.position(span.start);
        SyntaxError {
            message: self.message,
            span,
            line,
            column,
            hint: self.hint,
        }
    }
}

impl de::Error for ShapeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            Unexpected::Str(text) => format!("`{}`", text.escape_debug()),
            other => other.to_string(),
        };
        Self::new(format!("{found} where {} should stand", wanted(expected)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        match found {
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => {
                Self::new(format!("{found} is out of range"))
            }
            _ => Self::new(format!("{found} where {} should stand", wanted(expected))),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let error = Self {
            subject: Subject::Key,
            ..Self::new(format!("unknown key `{}`", field.escape_debug()))
        };
        error.suggest(field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let list = expected
            .iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let error = Self::new(format!("`{}` is not one of {list}", variant.escape_debug()));
        error.suggest(variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            subject: Subject::Missing(field),
            ..Self::new(format!("the key `{field}` is missing"))
        }
    }
}

/// What serde expects, as people call it.
fn wanted(expected: &dyn de::Expected) -> String {
    let name = expected.to_string();
    match name.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a string" => "a text".to_owned(),
        _ => name,
    }
}

impl ShapeError {
    fn suggest(mut self, word: &str, names: &'static [&'static str]) -> Self {
        let near = closest(word, names.iter().copied());
        self.hint = near.map(|name| format!("did you mean `{name}`?"));
        self
    }
}
