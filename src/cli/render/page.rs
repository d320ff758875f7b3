//! Running text that fits the terminal.

/// The width of running text where there is no terminal, and the most on a wide one.
const MEASURE: u16 = 80;

/// Text in lines of the terminal's width, each with `indent` before it.
pub fn wrapped(text: &str, indent: &str, width: Option<u16>) -> String {
    let width = usize::from(width.unwrap_or(MEASURE).clamp(40, MEASURE));
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length = indent.len() + line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > width {
            lines.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push_str(&format!("{indent}{line}\n"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn lines_are_no_longer_than_the_terminal_and_lose_no_word() {
        let text = "one two three four five six seven eight nine ten eleven twelve";
        let lines = wrapped(text, "  ", Some(40));
        assert!(lines.lines().all(|line| line.len() <= 40), "{lines}");
        let words: Vec<_> = lines.split_whitespace().collect();
        assert_eq!(words.join(" "), text);
        assert_eq!(wrapped("", "  ", None), "");
    }
}
