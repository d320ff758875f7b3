use crate::domain::text::steers;

/// Longest end of an output that goes on record, in bytes of UTF-8.
pub(super) const MAX: usize = 2048;

/// The end of an output as text that is safe to show: at most [`MAX`] bytes, valid UTF-8, control
/// characters (other than line ends and tabs), escapes and direction marks written out.
pub(super) fn visible(bytes: &[u8]) -> String {
    // Every byte gives at least one byte of text, but for returns before line ends.
    let from = bytes.len().saturating_sub(2 * MAX);
    let text = String::from_utf8_lossy(&bytes[from..]).replace("\r\n", "\n");
    let shown: String = text
        .trim_end()
        .chars()
        .map(|c| {
            if is_shown(c) {
                c.to_string()
            } else {
                c.escape_unicode().to_string()
            }
        })
        .collect();
    let mut start = shown.len().saturating_sub(MAX);
    while !shown.is_char_boundary(start) {
        start += 1;
    }
    shown[start..].to_owned()
}

fn is_shown(c: char) -> bool {
    matches!(c, '\n' | '\t') || !steers(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_short_valid_and_harmless() {
        assert_eq!(visible(b"ok\r\n"), "ok");
        assert_eq!(
            visible(b"\x1b]0;x\x07 \t\xff"),
            "\\u{1b}]0;x\\u{7} \t\u{fffd}"
        );
        assert_eq!(visible("\u{202e}x".as_bytes()), "\\u{202e}x");
        let long = visible("é".repeat(5000).as_bytes());
        assert!(long.len() <= MAX && long.len() > MAX - 4);
        assert!(long.chars().all(|c| c == 'é'));
        assert!(visible(&vec![0x1b; 10_000]).len() <= MAX);
    }
}
