//! Tables that fit the terminal, and text that cannot command it.

use comfy_table::{ContentArrangement, presets};

/// A table under construction.
pub struct Table {
    inner: comfy_table::Table,
}

impl Table {
    /// A table with these headings, no wider than `width`.
    pub fn new(headings: &[&str], width: Option<u16>) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING);
        inner.set_header(headings.iter().map(|heading| heading.to_uppercase()));
        inner.set_content_arrangement(ContentArrangement::Dynamic);
        match width {
            Some(width) => inner.set_width(width),
            None => inner.set_width(u16::MAX),
        };
        Self { inner }
    }

    /// Adds a row; cells are made safe.
    pub fn row<I: IntoIterator<Item = String>>(&mut self, cells: I) {
        self.inner
            .add_row(cells.into_iter().map(|cell| safe(&cell)));
    }

    /// The table as text, one line a row at least.
    pub fn text(&self) -> String {
        let lines = self
            .inner
            .lines()
            .map(|line| line.trim_end().to_owned() + "\n");
        lines.collect()
    }
}

/// Text from the repository with everything that could steer a terminal made visible: control
/// characters, escapes, and marks that change the direction of writing (PROMISES P28).
pub fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let steers = (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}');
        if steers {
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
    fn tables_have_no_trailing_blanks() {
        let mut table = Table::new(&["id", "title"], None);
        table.row(["A-1".to_owned(), "One".to_owned()]);
        for line in table.text().lines() {
            assert_eq!(line, line.trim_end());
        }
    }
}
