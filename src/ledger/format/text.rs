//! Texts that stand for checked values: names, words, patterns, times.
//!
//! A [`Text`] is judged when it is read and keeps what was wrong with it, so that one bad name
//! does not hide the next.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::domain::archive::Period;
use crate::domain::glob::Glob;
use crate::domain::id::{
    AgentName, BranchName, ContractName, GroupName, LaneName, ObjectId, PackageId, ProjectName,
    RemoteName, RequestId, RoleName, StageName, TaskId, TaskType, WorkstationName,
};
use crate::domain::task::Word;
use crate::domain::time::{Span, Timestamp};
use crate::ledger::yaml::closest;

/// A value that files write as one text.
pub trait Lexeme: Sized + Display {
    /// Id of the rule that a text breaks which is none.
    const RULE: &'static str = "meaning";

    /// Whether files may write it as a number, too.
    const NUMBER: bool = false;

    /// Its name in the JSON Schema.
    fn name() -> String;

    /// Its JSON Schema, as far as one can say it.
    fn schema() -> Value;

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with `text`.
    fn read(text: &str) -> Result<Self, Rejected>;
}

/// A text that is not the value it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The text, as given.
    pub text: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Rejected {
    /// Refuses `text` with a message and no hint.
    #[must_use]
    pub fn new(text: &str, message: impl Display) -> Self {
        Self {
            text: text.to_owned(),
            message: message.to_string(),
            hint: None,
        }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A text of a file that should stand for a `T`. What is wrong with it is rare and stands aside: a
/// plan holds many texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<T>(Result<T, Box<Rejected>>);

impl<T> Text<T> {
    /// The value, or what is wrong with the text.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn into_result(self) -> Result<T, Rejected> {
        self.0.map_err(|rejected| *rejected)
    }

    /// The value, unless the text is bad.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref().ok()
    }
}

impl<T> From<T> for Text<T> {
    fn from(value: T) -> Self {
        Self(Ok(value))
    }
}

impl<T: Lexeme> Text<T> {
    /// Reads a text, as if it stood in a file.
    #[must_use]
    pub fn written(text: &str) -> Self {
        Self(T::read(text).map_err(Box::new))
    }
}

/// Texts of a list of values, for writing.
pub fn texts<'a, T: Clone + 'a>(values: impl IntoIterator<Item = &'a T>) -> Vec<Text<T>> {
    values.into_iter().cloned().map(Text::from).collect()
}

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(value) => serializer.collect_str(value),
            Err(rejected) => serializer.serialize_str(&rejected.text),
        }
    }
}

impl<'de, T: Lexeme> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);

        impl<T: Lexeme> Visitor<'_> for Read<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a text ({})", spaced(&T::name()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<T>, E> {
                Ok(Text::written(text))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Text<T>, E> {
                if T::NUMBER {
                    return Ok(Text::written(&number.to_string()));
                }
                Err(E::invalid_type(Unexpected::Signed(number), &self))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Text<T>, E> {
                if T::NUMBER {
                    return Ok(Text::written(&number.to_string()));
                }
                Err(E::invalid_type(Unexpected::Unsigned(number), &self))
            }
        }

        if T::NUMBER {
            return deserializer.deserialize_any(Read(PhantomData));
        }
        deserializer.deserialize_str(Read(PhantomData))
    }
}

impl<T: Lexeme> JsonSchema for Text<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::name().into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::try_from(T::schema()).unwrap_or_default()
    }
}

/// `MergeStage` as people write it: `merge stage`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

impl<T: Word> Lexeme for T {
    fn name() -> String {
        T::NAME.to_owned()
    }

    fn schema() -> Value {
        let words: Vec<&str> = T::all().iter().map(|word| word.spelling()).collect();
        json!({"type": "string", "enum": words})
    }

    fn read(text: &str) -> Result<Self, Rejected> {
        let found = T::all().iter().find(|word| word.spelling() == text);
        found.copied().ok_or_else(|| {
            let words: Vec<&str> = T::all().iter().map(|word| word.spelling()).collect();
            Rejected {
                text: text.to_owned(),
                message: format!(
                    "`{}` is not one of `{}`",
                    text.escape_debug(),
                    words.join("`, `")
                ),
                hint: closest(text, words).map(|word| format!("did you mean `{word}`?")),
            }
        })
    }
}

/// One path segment that git and every file system take (`domain::id`).
const SEGMENT: &str = r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-]))*";

fn segment_schema(description: &str) -> Value {
    json!({
        "type": "string",
        "description": description,
        "maxLength": 120,
        "pattern": format!("^{SEGMENT}$"),
    })
}

macro_rules! lexeme {
    ($($type:ident, $rule:literal: $schema:expr;)+) => {$(
        impl Lexeme for $type {
            const RULE: &'static str = $rule;

            fn name() -> String {
                stringify!($type).to_owned()
            }

            fn schema() -> Value {
                $schema
            }

            fn read(text: &str) -> Result<Self, Rejected> {
                text.parse().map_err(|why| Rejected::new(text, why))
            }
        }
    )+};
}

lexeme! {
    TaskId, "name": segment_schema("The id of a task, unique over all plan files.");
    PackageId, "name": segment_schema("The id of a work package: the stem of its file.");
    ProjectName, "name": segment_schema("The name of the project; part of worktree names.");
    RoleName, "name": segment_schema("The name of a role, such as `A-backend`.");
    WorkstationName, "name": segment_schema("The name of a workstation, such as `ws-backend-01`.");
    ContractName, "name": segment_schema("The name of a contract, such as `api`.");
    GroupName, "name": segment_schema("An exclusive group.");
    StageName, "name": segment_schema("A merge stage, such as `implementation`.");
    RemoteName, "name": segment_schema("The name of a git remote.");
    RequestId, "name": segment_schema("The unique id of a request.");
    TaskType, "name": segment_schema("A task type, the routing key of the identity map.");
    AgentName, "name": json!({
        "type": "string",
        "description": "The name of an executor, AI or person, such as `@agent-builder-01`.",
        "maxLength": 121,
        "pattern": format!("^@?{SEGMENT}$"),
    });
    BranchName, "name": json!({
        "type": "string",
        "description": "A branch, without `refs/heads/`.",
        "maxLength": 200,
        "pattern": format!("^{SEGMENT}(?:/{SEGMENT})*$"),
    });
    LaneName, "name": json!({
        "type": "string",
        "description": "A lane: `A-backend`, `A-backend:2`. Lane 1 may be written with its number.",
        "pattern": format!("^{SEGMENT}(?::[0-9]+)?$"),
    });
    ObjectId, "name": json!({
        "type": "string",
        "description": "The id of a git object.",
        "pattern": "^(?:[0-9a-f]{40}|[0-9a-f]{64})$",
    });
    Glob, "path-pattern": json!({
        "type": "string",
        "description": "A path pattern of literals, `?`, `*` and `**`, relative to the root of the repository.",
        "minLength": 1,
        "maxLength": 1024,
        "pattern": r"^(?!/)(?!.*//)(?!.*/$)[^\\\[\]{}!\u0000-\u001f]+$",
    });
    Period, "time": json!({
        "type": "string",
        "description": "A month, such as `2026-10`.",
        "pattern": "^[0-9]{4}-[0-9]{2}$",
    });
    Timestamp, "time": json!({
        "type": "string",
        "description": "A time such as `2026-11-21T08:15:02Z`, or a date.",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}.*)?$",
    });
    Span, "time": json!({
        "type": "string",
        "description": "A length of time such as `90s`, `30m`, `4h`, `2d` or `1h30m`.",
        "pattern": "^(?:[0-9]+[dhms])+$",
    });
}

/// Texts that the domain keeps as plain strings, checked here.
macro_rules! checked_text {
    ($($(#[$doc:meta])* $name:ident { $(rule: $rule:literal,)? schema: $schema:expr, check: $check:expr })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub String);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl $crate::ledger::format::text::Lexeme for $name {
            $(const RULE: &'static str = $rule;)?

            fn name() -> String {
                stringify!($name).to_owned()
            }

            fn schema() -> serde_json::Value {
                $schema
            }

            fn read(text: &str) -> Result<Self, $crate::ledger::format::text::Rejected> {
                let check: fn(&str) -> Result<(), $crate::ledger::format::text::Rejected> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }
        }
    )+};
}

pub(super) use checked_text;

checked_text! {
    /// One line of text for people.
    Line {
        schema: json!({"type": "string", "description": "One line of text.", "pattern": r"\S"}),
        check: |text| {
            if text.trim().is_empty() {
                Err(Rejected::new(text, "the text is empty"))
            } else if text.chars().any(char::is_control) {
                Err(Rejected::new(text, "the text has a line break or another control character"))
            } else {
                Ok(())
            }
        }
    }

    /// A shell command: no prose (P35).
    Command {
        rule: "check-prose",
        schema: json!({
            "type": "string",
            "description": "A shell command; prose is refused.",
            "pattern": r"\S",
        }),
        check: |text| match crate::domain::checks::prose(text) {
            None => Ok(()),
            Some(why) => Err(Rejected::new(
                text,
                format!("`{}` is not a shell command: {why}", text.escape_debug()),
            )
            .hint("write the command that shows it, or move the sentence to `notes`")),
        }
    }

    /// An agent name, or the start of some followed by `*`.
    AgentPattern {
        schema: json!({
            "type": "string",
            "description": "An agent name, or the start of some followed by `*`: `@agent-builder-*`.",
            "maxLength": 121,
            "pattern": r"^@?(?:[A-Za-z0-9][A-Za-z0-9._-]*)?\*?$",
            "minLength": 1,
        }),
        check: |text| {
            // The start of a name may end where a name may not: `@agent-`, `@`.
            let name = match text.strip_suffix('*') {
                Some(start) => format!("{start}x"),
                None => text.to_owned(),
            };
            AgentName::new(name).map(|_| ()).map_err(|why| Rejected::new(text, why))
        }
    }

    /// A regular expression.
    Pattern {
        schema: json!({"type": "string", "description": "A regular expression.", "format": "regex"}),
        check: |text| compile(text).map(|_| ())
    }

    /// A file of the repository: no pattern, never outside a directory.
    FilePath {
        schema: json!({
            "type": "string",
            "description": "A relative path without `..`.",
            "pattern": r"^(?!/)(?!(?:.*/)?\.\.?(?:/|$))(?!.*//)(?!.*/$)[^\\\[\]{}!?*\u0000-\u001f]+$",
        }),
        check: |text| match Glob::new(text) {
            Ok(_) if text.contains(['?', '*']) => {
                Err(Rejected::new(text, format!("`{}` is a pattern, not a path", text.escape_debug())))
            }
            Ok(_) => Ok(()),
            Err(bad) => Err(Rejected::new(text, bad.to_string().replacen("path pattern", "path", 1))),
        }
    }
}

/// Compiles a pattern. Matching is linear in the text; the compiled size is bounded here (P23).
///
/// # Errors
/// What is wrong with the pattern.
pub fn compile(pattern: &str) -> Result<regex::Regex, Rejected> {
    regex::RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .build()
        .map_err(|why| {
            let reason = match why {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                // The last line of a syntax error says what; those before it draw where.
                other => other
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned(),
            };
            let shown = pattern.escape_debug();
            Rejected::new(
                pattern,
                format!("`{shown}` is no regular expression: {reason}"),
            )
        })
}
