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
    characters(line) + 1
}

/// The number of characters that start in these bytes.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Where the lines of a text start: positions for many spans of one text.
#[derive(Debug, Clone)]
pub struct LineIndex<'a> {
    source: &'a str,
    starts: Vec<usize>,
    /// The number of characters in front of each [`STEP`] of bytes: many positions of one long line
    /// cost no more than those of many lines.
    before: Vec<usize>,
}

/// How far, in bytes, characters are counted for a position.
const STEP: usize = 1024;

impl<'a> LineIndex<'a> {
    /// Indexes `source`.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        let newlines = source.match_indices('\n').map(|(at, _)| at + 1);
        let steps = source.as_bytes().chunks(STEP).scan(0, |sum, step| {
            let before = *sum;
            *sum += characters(step);
            Some(before)
        });
        Self {
            source,
            starts: std::iter::once(0).chain(newlines).collect(),
            before: steps.collect(),
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
        let mark = self.source.as_bytes()[start..offset].starts_with(BOM);
        let characters = self.characters(offset) - self.characters(start);
        (line, characters + 1 - usize::from(mark))
    }

    /// The number of characters that start in front of a byte.
    fn characters(&self, offset: usize) -> usize {
        let step = (offset / STEP).min(self.before.len().saturating_sub(1));
        let known = self.before.get(step).copied().unwrap_or(0);
        known + characters(&self.source.as_bytes()[step * STEP..offset])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_the_byte_order_mark() {
        let long = format!("\u{feff}é: {}\nx", "aü".repeat(2 * STEP));
        let index = LineIndex::new(&long);
        for offset in (0..=long.len()).filter(|at| long.is_char_boundary(*at)) {
            let expected = position(long.as_bytes(), offset);
            assert_eq!(index.position(offset), expected, "{offset}");
        }
        assert_eq!(LineIndex::new("").position(0), (1, 1));
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
