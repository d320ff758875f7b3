//! What was seen, in one short line that is safe to show.

use std::io;
use std::time::Duration;

use crate::domain::text::steers;

/// Longest detail, in characters.
const MAX: usize = 200;

/// One line of at most [`MAX`] characters; what could steer a terminal is written out.
pub(super) fn line(text: &str) -> String {
    let mut shown = String::new();
    let mut length = 0;
    for c in text.trim().chars() {
        let piece = match c {
            ' ' => " ".to_owned(),
            c if steers(c) => c.escape_default().to_string(),
            c => c.to_string(),
        };
        length += piece.chars().count();
        if length >= MAX {
            shown.push('…');
            break;
        }
        shown.push_str(&piece);
    }
    shown
}

/// The limit was reached.
pub(super) fn too_late(limit: Duration) -> String {
    format!("no answer within {} s", limit.as_secs())
}

/// The system's reason, as a lower-case fragment without its number.
pub(super) fn reason(error: &io::Error, limit: Duration) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => too_late(limit),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_ascii_lowercase());
            first.into_iter().chain(chars).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_short_harmless_line() {
        assert_eq!(
            line(" a\u{1b}[31m\nb\u{202e} "),
            "a\\u{1b}[31m\\nb\\u{202e}"
        );
        let long = line(&"é".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (200, true));
        assert!(line(&"\u{1b}".repeat(500)).chars().count() <= 200);
    }

    #[test]
    fn reasons_are_fragments() {
        let refused = io::Error::from_raw_os_error(111);
        assert_eq!(
            reason(&refused, Duration::from_secs(5)),
            "connection refused"
        );
        let late = io::Error::from(io::ErrorKind::TimedOut);
        assert_eq!(
            reason(&late, Duration::from_secs(5)),
            "no answer within 5 s"
        );
    }
}
