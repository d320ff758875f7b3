//! Texts that stand for one that nobody has written.

/// Whole texts, in lower case without marks at their ends, that say nothing.
const EMPTY: [&str; 34] = [
    "",
    "...",
    "-",
    "a",
    "asdf",
    "all good",
    "and so on",
    "blah",
    "checked",
    "done",
    "fine",
    "fixed",
    "fixme",
    "foo",
    "good",
    "it works",
    "lgtm",
    "n/a",
    "na",
    "nil",
    "none",
    "ok",
    "okay",
    "pass",
    "passed",
    "passes",
    "see above",
    "tested",
    "test",
    "todo",
    "tbd",
    "works",
    "xxx",
    "yes",
];

/// Openings of texts that are to be replaced.
const OPENINGS: [&str; 5] = ["lorem ipsum", "todo:", "tbd:", "fixme:", "insert "];

/// Whether `text` is a placeholder: nothing but blanks, one of a few empty words, or the beginning
/// of a text that is to be replaced.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_lowercase();
    let bare = lower.trim_end_matches(['.', '!', ':', ';']).trim();
    let template = lower.starts_with('<') && lower.ends_with('>') && !lower.contains(' ');
    EMPTY.contains(&bare) || template || OPENINGS.iter().any(|opening| lower.starts_with(opening))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_words_are_placeholders() {
        for text in [
            "",
            " ",
            "TBD",
            "n/a",
            "Works.",
            "pass",
            "Lorem ipsum dolor",
            "<text>",
            "ok!",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn whoever_says_something_wrote_no_placeholder() {
        for text in [
            "the retry loop stops after three attempts",
            "passes with a budget of 0",
            "none of the 40 requests was lost",
            "<html> is escaped in the title",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
