//! Values of a source with its numbers as they are written.
//!
//! To a tracker `1.10` and `007` are names. Read as numbers, `1.10` is `1.1`, which may be another
//! task, and what waits for the one would be met by the other. So only what is written as a plain
//! integer is a number here; every other number is its text.

use serde_json::{Error, Value};

use super::json::Strict;
use crate::ledger::yaml::{Node, Resolved};

/// Whether the text is that of an integer, and of no other way to write it.
fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|n| n.to_string() == text)
}

/// The value of a YAML node.
pub(super) fn yaml(node: &Node<'_>) -> Value {
    if let Some(items) = node.as_seq() {
        return items.iter().map(yaml).collect();
    }
    if let Some(entries) = node.as_map() {
        let entries = entries.iter();
        return entries
            .map(|(key, node)| (key.text.to_string(), yaml(node)))
            .collect();
    }
    match (node.resolved(), node.as_str()) {
        (Some(Resolved::Int(_) | Resolved::Float(_)), Some(text)) if !is_integer(text) => {
            text.into()
        }
        _ => node.to_json(),
    }
}

/// The value of a JSON text in which no key is twice.
///
/// # Errors
/// Of `serde_json`, with places in the text as it was given.
pub(super) fn json(bytes: &[u8]) -> Result<Value, Error> {
    let Strict(value) = serde_json::from_slice(bytes)?;
    // Only now, since quotes make text of what is no JSON, too.
    match quoted(bytes) {
        Some(text) => serde_json::from_slice(&text).map(|Strict(value)| value),
        None => Ok(value),
    }
}

/// The same JSON with quotes around every number that is no plain integer, if there is one.
fn quoted(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + 16);
    let (mut inside, mut escaped, mut changed) = (false, false, false);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let begins = !inside && (byte.is_ascii_digit() || *byte == b'-');
        if begins {
            let rest = &bytes[at..];
            let part = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
            let end = rest.iter().position(|b| !part(b)).unwrap_or(rest.len());
            let number = &rest[..end];
            let plain = std::str::from_utf8(number).is_ok_and(is_integer);
            let quote: &[u8] = if plain { b"" } else { b"\"" };
            changed |= !plain;
            out.extend([quote, number, quote].concat());
            at += end;
            continue;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => {}
        }
        out.push(*byte);
        at += 1;
    }
    changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn p14_a_number_that_is_no_plain_integer_is_its_text() {
        let text =
            r#"{"a": [1.10, 10, -0, -7, 1e3], "1.1\"2.0": "3.0\\", "b": 9223372036854775808}"#;
        assert_eq!(
            json(text.as_bytes()).unwrap(),
            json!({
                "a": ["1.10", 10, "-0", -7, "1e3"],
                "1.1\"2.0": "3.0\\",
                "b": "9223372036854775808"
            })
        );
        for bad in ["[01]", "[1.]", "[1-2]", "[+1]", "{\"a\":1.0,\"a\":1.0}"] {
            assert!(json(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
