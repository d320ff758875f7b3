//! Tables that fit the terminal.

use comfy_table::{ContentArrangement, presets};

use super::shown::safe;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_no_trailing_blanks() {
        let mut table = Table::new(&["id", "title"], None);
        table.row(["A-1".to_owned(), "One".to_owned()]);
        for line in table.text().lines() {
            assert_eq!(line, line.trim_end());
        }
    }
}
