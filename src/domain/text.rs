//! Characters that steer whoever shows a text, instead of being seen in it.

/// Whether showing this character raw could steer a terminal, reorder what stands around it, or hide
/// something: controls and escapes (C0, DEL, C1), line and paragraph separators, marks of direction,
/// characters without width, tags. Line ends and tabs count, too: who lets them through says so.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}' // Arabic letter mark
            | '\u{180e}' // Mongolian vowel separator
            | '\u{200b}'..='\u{200f}' // no width, left-to-right and right-to-left marks
            | '\u{2028}'..='\u{202e}' // separators of lines and paragraphs, embeddings, overrides
            | '\u{2060}'..='\u{206f}' // word joiner, invisible operators, isolates, old shaping marks
            | '\u{feff}' // byte order mark
            | '\u{fff9}'..='\u{fffb}' // interlinear notes
            | '\u{e0000}'..='\u{e007f}' // tags
        )
}

/// The first character of a text that nobody means to say: a control character that is no tab, line
/// feed, or carriage return before one. Marks of direction and joiners are a part of some languages
/// and are no such character: they are kept, and shown written out.
#[must_use]
pub fn unspeakable(text: &str) -> Option<char> {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let speakable = match c {
            '\t' | '\n' => true,
            '\r' => chars.peek() == Some(&'\n'),
            c => !c.is_control(),
        };
        if !speakable {
            return Some(c);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_is_known_and_plain_text_is_none() {
        let steering = "\0\u{7}\t\n\r\u{1b}\u{7f}\u{80}\u{9b}\u{9f}\u{61c}\u{200b}\u{200d}\u{200e}\u{200f}\
            \u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{e0001}\u{e0041}";
        assert!(steering.chars().all(steers));
        assert!(!"a –ü漢🦀\u{a0}\u{fe0f}\u{301}".chars().any(steers));
    }

    #[test]
    fn a_person_says_lines_and_tabs_and_no_other_control() {
        for fine in ["", "a\n\tb", "a\r\nb", "עב\u{200f}", "👩\u{200d}🔧"] {
            assert_eq!(unspeakable(fine), None, "{fine:?}");
        }
        for (text, found) in [
            ("a\u{1b}[2J", '\u{1b}'),
            ("a\rb", '\r'),
            ("a\r", '\r'),
            ("\0", '\0'),
            ("a\u{9b}", '\u{9b}'),
            ("\u{7f}", '\u{7f}'),
        ] {
            assert_eq!(unspeakable(text), Some(found), "{text:?}");
        }
    }
}
