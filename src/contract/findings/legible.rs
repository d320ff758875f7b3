//! Text of a repository inside the formats of others.

/// Text with what is no text made visible: control characters, line breaks, marks that change the
/// direction of writing, and what XML cannot hold. So a title can neither end a line nor command a
/// terminal.
pub(super) fn legible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let odd = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
        if odd {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
