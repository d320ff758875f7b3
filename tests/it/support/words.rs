/// Splits a command line as a shell would: blanks separate, single quotes hold together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "an open quote: {line}");
    words.extend(word);
    words
}

#[test]
fn quotes_hold_words_together() {
    assert_eq!(words("a  'b c' ''"), ["a", "b c", ""]);
}
