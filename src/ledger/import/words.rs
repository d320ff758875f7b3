//! The words of other trackers, and what they mean here.

use serde_json::Value;

/// What a status of another tracker means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nobody has begun.
    Todo,
    /// Somebody works on it.
    InProgress,
    /// It is handed off.
    InReview,
    /// Something holds it up.
    Blocked,
    /// It is done.
    Done,
    /// It was given up.
    Cancelled,
}

impl Meaning {
    /// The word used here.
    pub fn word(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "in_progress",
            Self::InReview => "in_review",
            Self::Blocked => "blocked",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Statuses, folded, and what they mean.
pub const STATUSES: &[(&str, Meaning)] = &[
    ("todo", Meaning::Todo),
    ("to_do", Meaning::Todo),
    ("open", Meaning::Todo),
    ("opened", Meaning::Todo),
    ("reopened", Meaning::Todo),
    ("new", Meaning::Todo),
    ("pending", Meaning::Todo),
    ("backlog", Meaning::Todo),
    ("ready", Meaning::Todo),
    ("planned", Meaning::Todo),
    ("queued", Meaning::Todo),
    ("draft", Meaning::Todo),
    ("not_started", Meaning::Todo),
    ("in_progress", Meaning::InProgress),
    ("inprogress", Meaning::InProgress),
    ("working", Meaning::InProgress),
    ("doing", Meaning::InProgress),
    ("started", Meaning::InProgress),
    ("active", Meaning::InProgress),
    ("wip", Meaning::InProgress),
    ("claimed", Meaning::InProgress),
    ("awaiting_scope", Meaning::InProgress),
    ("in_review", Meaning::InReview),
    ("review", Meaning::InReview),
    ("submitted", Meaning::InReview),
    ("blocked", Meaning::Blocked),
    ("waiting", Meaning::Blocked),
    ("on_hold", Meaning::Blocked),
    ("hold", Meaning::Blocked),
    ("paused", Meaning::Blocked),
    ("deferred", Meaning::Blocked),
    ("done", Meaning::Done),
    ("closed", Meaning::Done),
    ("complete", Meaning::Done),
    ("completed", Meaning::Done),
    ("finished", Meaning::Done),
    ("merged", Meaning::Done),
    ("resolved", Meaning::Done),
    ("fixed", Meaning::Done),
    ("archive", Meaning::Done),
    ("archived", Meaning::Done),
    ("cancelled", Meaning::Cancelled),
    ("canceled", Meaning::Cancelled),
    ("abandoned", Meaning::Cancelled),
    ("duplicate", Meaning::Cancelled),
    ("invalid", Meaning::Cancelled),
    ("not_planned", Meaning::Cancelled),
    ("obsolete", Meaning::Cancelled),
    ("rejected", Meaning::Cancelled),
    ("superseded", Meaning::Cancelled),
    ("wont_fix", Meaning::Cancelled),
    ("wontfix", Meaning::Cancelled),
];

/// What a status means.
pub fn status(word: &str) -> Option<Meaning> {
    let folded = folded(word);
    let known = STATUSES.iter().find(|(known, _)| *known == folded);
    known.map(|(_, meaning)| *meaning)
}

/// A priority in words.
pub fn priority(word: &str) -> Option<i64> {
    match folded(word).as_str() {
        "critical" | "urgent" | "highest" | "blocker" => Some(1),
        "high" | "major" => Some(2),
        "medium" | "normal" | "moderate" => Some(3),
        "low" | "minor" => Some(4),
        "lowest" | "trivial" | "backlog" => Some(5),
        _ => None,
    }
}

/// The number of a priority such as `2`, `"2"` or `P2`.
pub fn ranked(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().trim_start_matches(['P', 'p']).parse().ok(),
        _ => None,
    }
}

/// The kind of work that a word of another tracker names.
pub fn kind(word: &str) -> Option<&'static str> {
    match folded(word).as_str() {
        "feature" | "enhancement" | "story" | "epic" | "improvement" => Some("feature"),
        "defect" | "bug" | "regression" | "incident" => Some("defect"),
        "chore" | "task" | "docs" | "maintenance" | "refactor" => Some("chore"),
        "spike" | "research" | "investigation" => Some("spike"),
        _ => None,
    }
}

/// A risk in words.
pub fn risk(word: &str) -> Option<&'static str> {
    match folded(word).as_str() {
        "low" | "minor" => Some("low"),
        "normal" | "medium" | "moderate" => Some("normal"),
        "high" | "critical" => Some("high"),
        _ => None,
    }
}

/// Lower case, with `_` for everything that is neither letter nor digit.
pub fn folded(word: &str) -> String {
    let word = word.trim().replace('\'', "");
    let fold = |c: char| {
        if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    word.chars().map(fold).collect()
}

/// The words that a key is made of, in small letters: `waitingTime` and `waiting_time` have two.
pub fn parts(key: &str) -> Vec<String> {
    let chars: Vec<char> = key.chars().filter(|c| *c != '\'').collect();
    let mut parts = vec![String::new()];
    for (n, c) in chars.iter().enumerate() {
        let before = n.checked_sub(1).and_then(|n| chars.get(n));
        let small = |c: Option<&char>| c.is_some_and(|c| c.is_lowercase());
        let hump = c.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_numeric())
                || before.is_some_and(|c| c.is_uppercase()) && small(chars.get(n + 1)));
        if hump || !c.is_alphanumeric() {
            parts.push(String::new());
        }
        if let (Some(part), true) = (parts.last_mut(), c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a value is a number, or one with its unit: `3d`, `1h 30m`, `PT5M`, `4 KiB`.
pub fn is_measure(value: &Value) -> bool {
    const UNITS: &[&str] = &[
        "ns", "us", "ms", "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute",
        "minutes", "h", "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "week", "weeks",
        "mo", "month", "months", "y", "year", "years", "b", "byte", "bytes", "kb", "mb", "gb",
        "kib", "mib", "gib",
    ];
    let text = match value {
        Value::Number(_) => return true,
        Value::String(text) => text.trim(),
        _ => return false,
    };
    let iso = text.strip_prefix('P').map(|rest| rest.replace('T', " "));
    let text = iso.as_deref().unwrap_or(text).trim();
    let counts = text.starts_with(|c: char| c.is_ascii_digit());
    let mut units = text
        .split(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':' | ' '))
        .filter(|unit| !unit.is_empty());
    counts && units.all(|unit| UNITS.contains(&unit.to_lowercase().as_str()))
}

/// A scalar as text: an object is told by its name, login or id.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Object(map) => ["name", "login", "id", "title"]
            .into_iter()
            .find_map(|key| {
                map.get(key)
                    .filter(|value| !value.is_object())
                    .and_then(text)
            }),
        Value::Null | Value::Array(_) => None,
    }
}

/// The items of a list, which may be written as one text with commas.
pub fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        Value::String(joined) => joined
            .trim_matches(['[', ']'])
            .split([',', ';', '\n'])
            .map(|item| {
                item.trim()
                    .trim_matches(['"', '`'])
                    .trim_start_matches("- ")
                    .to_owned()
            })
            .filter(|item| !item.is_empty())
            .collect(),
        other => text(other).into_iter().collect(),
    }
}

/// What may stand beside a word for nothing without saying anything else.
const IDLE: &[&str] = &[
    "any",
    "anything",
    "as",
    "at",
    "being",
    "blocked",
    "blocker",
    "blockers",
    "blocking",
    "currently",
    "dependencies",
    "dependency",
    "else",
    "far",
    "for",
    "found",
    "i",
    "identified",
    "in",
    "is",
    "issue",
    "issues",
    "known",
    "know",
    "moment",
    "needed",
    "now",
    "of",
    "on",
    "other",
    "others",
    "particular",
    "planned",
    "prerequisite",
    "prerequisites",
    "present",
    "required",
    "right",
    "so",
    "special",
    "specific",
    "task",
    "tasks",
    "that",
    "the",
    "there",
    "this",
    "time",
    "today",
    "we",
    "yet",
];

/// Whether a text says that there is nothing, be it in more words: `None yet.`
pub fn is_no(text: &str) -> bool {
    let lower = text.to_lowercase();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let said = lower.split_whitespace().map(bare);
    let mut said = said.filter(|word| !word.is_empty());
    let first = said.next().unwrap_or_default();
    let rest: Vec<String> = said.collect();
    let needs = ["dependenc", "prerequisite", "blocker"];
    let begins = match first.as_str() {
        // `no time` is a lack that may hold something up.
        "no" => rest
            .iter()
            .any(|word| needs.iter().any(|need| word.starts_with(need))),
        first => ["n.a", "n/a", "nil", "none", "nothing"].contains(&first),
    };
    if begins && rest.iter().all(|word| IDLE.contains(&word.as_str())) {
        return true;
    }
    let plain = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let no = [
        "",
        "false",
        "n/a",
        "na",
        "nil",
        "no",
        "no response",
        "nobody",
        "none",
        "nothing",
        "null",
    ];
    no.contains(&plain)
}

/// Whether a value says nothing.
pub fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
