use std::ops::Range;

/// Why a YAML text is refused, and where.
///
/// `Display` gives `line:column: message`, so that a caller puts `path:` in front.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct SyntaxError {
    /// The fact, as a lower-case fragment.
    pub message: String,
    /// The offending bytes of the source; may be empty.
    pub span: Range<usize>,
    /// Line of the start of the span, from 1.
    pub line: usize,
    /// Column of the start of the span in characters, from 1.
    pub column: usize,
    /// What to do about it.
    pub hint: Option<String>,
}

impl SyntaxError {
    /// An error about `span` of `source`; line and column are computed here.
    #[must_use]
    pub fn new(source: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let (line, column) = position(source.as_bytes(), span.start);
        Self {
            message: message.into(),
            span,
            line,
            column,
            hint: None,
        }
    }

    /// The same for bytes that need not be UTF-8 behind `span.start`.
    #[must_use]
    pub fn in_bytes(source: &[u8], span: Range<usize>, message: impl Into<String>) -> Self {
        let (line, column) = position(source, span.start);
        Self {
            message: message.into(),
            span,
            line,
            column,
            hint: None,
        }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Byte-order mark; it stands before column 1.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Line and column (characters, both from 1) of byte `offset`.
fn position(source: &[u8], offset: usize) -> (usize, usize) {
    let before = &source[..offset.min(source.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    (line, column(&before[start..]))
}

/// Column of the byte after `line`, the part of a line in front of it.
fn column(line: &[u8]) -> usize {
    let line = line.strip_prefix(BOM).unwrap_or(line);
    line.iter().filter(|byte| **byte & 0xC0 != 0x80).count() + 1
}

/// Where the lines of a text start: positions for many spans of one text.
#[derive(Debug, Clone)]
pub struct LineIndex<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// Indexes `source`.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        let newlines = source.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            source,
            starts: std::iter::once(0).chain(newlines).collect(),
        }
    }

    /// The number of lines that are begun.
    #[must_use]
    pub fn lines(&self) -> usize {
        let empty = self.starts.last() == Some(&self.source.len());
        self.starts.len() - usize::from(empty && self.starts.len() > 1)
    }

    /// The bytes of a line, which counts from 1, without its end; nothing beyond the last line.
    #[must_use]
    pub fn line(&self, line: usize) -> Range<usize> {
        let end = self.source.len();
        let start = line.checked_sub(1).and_then(|at| self.starts.get(at));
        let start = start.copied().unwrap_or(end);
        let rest = self.source[start..].lines().next().unwrap_or_default();
        start..start + rest.len()
    }

    /// Line and column (characters) of byte `offset`, both from 1.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.source.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        (line, column(&self.source.as_bytes()[start..offset]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        let source = "\u{feff}aé: 1\r\nb: ü x\n";
        let index = LineIndex::new(source);
        for offset in (0..=source.len()).filter(|at| source.is_char_boundary(*at)) {
            assert_eq!(
                index.position(offset),
                position(source.as_bytes(), offset),
                "{offset}"
            );
        }
        assert_eq!(index.position(3), (1, 1));
        assert_eq!(index.position(source.find('1').unwrap()), (1, 5));
        assert_eq!(index.position(source.find('x').unwrap()), (2, 6));
    }
}
