//! Text that is shown and cannot command who shows it (PROMISES P28).
//!
//! Pieces from outside (titles, names, what git said) are made [`safe`] where they are put into a
//! text; whatever was forgotten there is caught by [`plain`] or [`exact`], through which everything
//! goes that the printer puts out.

use laneway::domain::text::steers;

/// Text from outside with everything that could steer a terminal written out; only line ends stay.
pub fn safe(text: &str) -> String {
    written_out(text, |c| c == '\n')
}

/// A finished text as it goes out: like [`safe`], but tabs stay, and so do the colours of our own
/// where colours are wanted.
pub fn plain(text: &str, color: bool) -> String {
    if !color {
        return written_out(text, |c| matches!(c, '\n' | '\t'));
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let (before, from) = rest.split_at(at);
        shown.push_str(&plain(before, false));
        let length = colour(from).unwrap_or(1);
        let (escape, after) = from.split_at(length);
        match length {
            1 => shown.push_str(&safe(escape)),
            _ => shown.push_str(escape),
        }
        rest = after;
    }
    shown + &plain(rest, false)
}

/// The length in bytes of the colour that a text starts with: `ESC [`, digits and `;`, `m`.
fn colour(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|c: char| !matches!(c, '0'..='9' | ';'))?;
    parameters[end..].starts_with('m').then_some(2 + end + 1)
}

/// JSON with everything that could steer a terminal in the form `\uXXXX`: the same data to whoever
/// parses it, harmless to whoever looks at it. Such characters stand only inside its strings, where
/// control characters are escaped already.
pub fn exact(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if steers(c) && !matches!(c, '\n' | '\t') {
            for unit in c.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

fn written_out(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) && !stays(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_not_obeyed() {
        assert_eq!(
            safe("a\u{1b}]0;x\u{7}b\u{202e}c"),
            "a\\u{1b}]0;x\\u{7}b\\u{202e}c"
        );
        assert_eq!(safe("plain – ü"), "plain – ü");
    }

    #[test]
    fn a_finished_text_keeps_colours_of_ours_and_nothing_else() {
        let text = "\u{1b}[1;31merror\u{1b}[0m:\t\u{1b}[2J \u{1b}]0;x\u{7} \u{1b}[m \u{1b}[";
        assert_eq!(
            plain(text, true),
            "\u{1b}[1;31merror\u{1b}[0m:\t\\u{1b}[2J \\u{1b}]0;x\\u{7} \u{1b}[m \\u{1b}["
        );
        assert!(!plain(text, false).contains('\u{1b}'));
    }

    #[test]
    fn json_says_the_same_and_shows_nothing_raw() {
        let data = "a\u{1b}\u{202e}\u{e0041}\u{9b}\n\"\\ü\u{7f}";
        let json = serde_json::to_string(data).unwrap();
        let shown = exact(&json);
        assert!(!shown.chars().any(steers), "{shown}");
        assert!(shown.contains("\\u202e\\udb40\\udc41"), "{shown}");
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), data);
        assert_eq!(exact("{\"a\":\"ü\"}"), "{\"a\":\"ü\"}");
    }
}
