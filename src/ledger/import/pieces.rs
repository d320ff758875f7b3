//! The parts of a JSON text, each with its place, found without reading them: only strings and
//! brackets are looked at. What a part says is read by itself, so that one that does not read hides
//! no other.

use std::ops::Range;

use serde_json::{Error, Value};

/// An element of an array.
pub(super) struct Piece {
    /// The line on which it begins, from 1; of one that does not read, where that shows.
    pub line: usize,
    /// What it says, or why it does not read.
    pub value: Result<Value, String>,
}

/// The elements of the array that fills this part of a text, each read by itself; also whether the
/// array ends. What follows the array is an element, too, which the caller refuses.
pub(super) fn each(
    whole: &[u8],
    part: Range<usize>,
    read: impl Fn(&[u8]) -> Result<Value, Error>,
) -> (Vec<Piece>, bool) {
    let before = &whole[..part.start];
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let first = before.iter().rposition(|byte| *byte == b'\n');
    let first = part.start - first.map_or(0, |at| at + 1);
    let (elements, ended) = elements(&whole[part]);
    let pieces = elements.into_iter().map(|element| {
        let on_first = if element.line == 1 { first } else { 0 };
        let line = element.line + lines;
        match read(element.text) {
            Ok(value) => Piece {
                line,
                value: Ok(value),
            },
            Err(error) => {
                let before = match error.line() {
                    0 | 1 => element.column + on_first,
                    _ => 0,
                };
                Piece {
                    line: line + error.line().saturating_sub(1),
                    value: Err(within(&error, before)),
                }
            }
        }
    });
    (pieces.collect(), ended)
}

/// An error about a part of a text: its line number would be that of the part. `before` is how many
/// bytes stand before the part on its first line.
pub(super) fn within(error: &Error, before: usize) -> String {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((fact, _)) => format!("{fact} at column {}", error.column() + before),
        None => text,
    }
}

/// An element of an array that is not read yet.
struct Element<'t> {
    /// Line on which it begins, from 1.
    line: usize,
    /// Bytes before it on that line.
    column: usize,
    text: &'t [u8],
}

/// Whether a byte stands in a string, as they come one after the other.
#[derive(Default)]
struct Quotes {
    inside: bool,
    escaped: bool,
}

impl Quotes {
    /// Takes the next byte; whether it stands outside of strings, as far as brackets go.
    fn outside(&mut self, byte: u8) -> bool {
        let outside = !self.inside;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.inside => self.escaped = true,
            b'"' => self.inside = !self.inside,
            _ => {}
        }
        outside
    }
}

fn elements(bytes: &[u8]) -> (Vec<Element<'_>>, bool) {
    let mut found = Vec::new();
    let (mut depth, mut quotes) = (0_usize, Quotes::default());
    let (mut line, mut first, mut begun) = (1, 0, None);
    for (at, byte) in bytes.iter().enumerate() {
        let outside = quotes.outside(*byte);
        if *byte == b'\n' {
            line += 1;
            first = at + 1;
        }
        let ends = outside && depth == 1 && matches!(byte, b',' | b']');
        if ends && let Some((line, column, from)) = begun.take() {
            let text = &bytes[from..at];
            found.push(Element { line, column, text });
        }
        match byte {
            b'[' | b'{' if outside => depth += 1,
            b']' | b'}' if outside => depth = depth.saturating_sub(1),
            _ => {}
        }
        let opens = outside && depth == 1 && *byte == b'[' && found.is_empty() && begun.is_none();
        if !ends && !opens && begun.is_none() && !byte.is_ascii_whitespace() {
            begun = Some((line, at - first, at));
        }
    }
    if let Some((line, column, from)) = begun {
        let text = &bytes[from..];
        found.push(Element { line, column, text });
    }
    (found, depth == 0)
}

/// Where the value of a key stands in the object that fills this part of a text: of the first key of
/// that name, without the blanks around it.
pub(super) fn member(whole: &[u8], part: Range<usize>, key: &str) -> Option<Range<usize>> {
    // A key may be written with escapes.
    let is_key = |text: &[u8]| serde_json::from_slice::<String>(text).is_ok_and(|name| name == key);
    let (mut depth, mut quotes) = (0_usize, Quotes::default());
    // Where the string began that may be a key, and where the value that is looked for.
    let (mut string, mut named, mut from) = (part.start, false, None);
    for at in part.clone() {
        let byte = whole[at];
        let outside = quotes.outside(byte);
        if depth == 1 && byte == b'"' && outside {
            string = at;
        }
        if outside && depth == 1 {
            match byte {
                b':' if from.is_none() => {
                    named = is_key(&whole[string..at]);
                    if named {
                        from = Some(at + 1);
                        continue;
                    }
                }
                b',' | b'}' if named => return trimmed(whole, from?..at),
                _ => {}
            }
        }
        match byte {
            b'[' | b'{' if outside => depth += 1,
            b']' | b'}' if outside => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    // The object does not end: nor does its last value.
    trimmed(whole, from.filter(|_| named)?..part.end)
}

fn trimmed(whole: &[u8], part: Range<usize>) -> Option<Range<usize>> {
    let text = &whole[part.clone()];
    let start = part.start + (text.len() - text.trim_ascii_start().len());
    let end = start + text.trim_ascii().len();
    (start < end).then_some(start..end)
}

/// The text with the inside of a part blanked, so that places in the rest stay what they are.
pub(super) fn emptied(whole: &[u8], part: Range<usize>) -> Vec<u8> {
    let mut rest = whole.to_vec();
    let inside = part.start + 1..part.end.saturating_sub(1).max(part.start + 1);
    for byte in rest.get_mut(inside).into_iter().flatten() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_their_key_alone() {
        let text = br#"{"x": {"tasks": 1}, "s": "\"tasks\": [2]", "tasks" : [3, {"a": "]"}] , "tasks": 4}"#;
        let found = |key| {
            let range = member(text, 0..text.len(), key)?;
            Some(std::str::from_utf8(&text[range]).unwrap())
        };
        assert_eq!(found("tasks"), Some(r#"[3, {"a": "]"}]"#));
        assert_eq!(found("x"), Some(r#"{"tasks": 1}"#));
        assert_eq!(found("a"), None);
        assert_eq!(
            member(br#"{"t\u0061sks": 1}"#, 0..17, "tasks"),
            Some(15..16)
        );
        let cut = b"{\"tasks\": [1, ";
        assert_eq!(member(cut, 0..cut.len(), "tasks"), Some(10..13));
        assert_eq!(member(b"[]", 0..2, "tasks"), None);
        let text = b"{\"a\": [1,\n 2], \"b\": 3}";
        let rest = emptied(text, member(text, 0..text.len(), "a").unwrap());
        assert_eq!(rest, b"{\"a\": [  \n  ], \"b\": 3}");
    }
}
