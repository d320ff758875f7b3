//! What a person or an agent may say: texts without control characters, checked where a request is
//! made. Ledgers of before hold others; they are read, judged again and shown as they are.

use serde_json::Value;

use crate::domain::request::Request;
use crate::domain::text::unspeakable;
use crate::ledger::format::v1::request::RequestEntry;

/// A text of a request holds a control character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the request holds the control character `{}` in `{field}`; texts may hold line ends and tabs only",
    .found.escape_default()
)]
pub struct Unspeakable {
    /// The field of the request: `note.text`.
    pub field: String,
    /// The character.
    pub found: char,
}

/// Parts of a request that say what was run and seen: taken as they are, made harmless by whoever
/// observed them.
const OBSERVED: [&str; 4] = [
    "claim.quota",
    "claim.readiness",
    "evidence.evidence",
    "handoff.proof",
];

/// Checks all that `request` says in words, whatever its verb.
///
/// # Errors
/// The first control character that is no line end and no tab.
pub fn spoken(request: &Request) -> Result<(), Unspeakable> {
    let entry = serde_json::to_value(RequestEntry::from(request)).unwrap_or_default();
    within(&entry["verb"], "")
}

fn within(value: &Value, field: &str) -> Result<(), Unspeakable> {
    let below = |key: &str| match field {
        "" => key.to_owned(),
        field => format!("{field}.{key}"),
    };
    match value {
        Value::String(text) => unspeakable(text).map_or(Ok(()), |found| {
            let field = field.to_owned();
            Err(Unspeakable { field, found })
        }),
        Value::Array(values) => values.iter().try_for_each(|value| within(value, field)),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (below(key), value))
            .filter(|(field, _)| !OBSERVED.contains(&field.as_str()))
            .try_for_each(|(field, value)| within(value, &field)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::request::Verb;
    use crate::ledger::testing::Site;

    fn note(text: &str) -> Result<(), Unspeakable> {
        let task = "A-1".parse().unwrap();
        let verb = Verb::Note {
            task,
            text: text.to_owned(),
            resolution: false,
        };
        spoken(&Site::new().request("@ann", verb))
    }

    #[test]
    fn a_control_character_is_refused_with_its_field() {
        let refused = note("a\u{1b}[2J").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the request holds the control character `\\u{1b}` in `note.text`; \
             texts may hold line ends and tabs only"
        );
        assert_eq!(note("two\r\nlines,\ta tab, עב\u{200f}"), Ok(()));
    }

    #[test]
    fn what_was_observed_is_not_asked() {
        let seen = serde_json::json!({"handoff": {"proof": {"tail": "\u{1b}"}, "next": "x"}});
        assert_eq!(within(&seen, ""), Ok(()));
        let said = serde_json::json!({"handoff": {"root_cause": {"proof": "\u{1b}"}}});
        let refused = within(&said, "").unwrap_err();
        assert_eq!(refused.field, "handoff.root_cause.proof");
    }
}
