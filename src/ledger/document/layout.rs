use std::ops::Range;

use crate::ledger::yaml::{Key, Node, Style, Value};

/// How the nodes of a source lie on its lines. All positions are bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout<'a> {
    pub source: &'a str,
}

/// How much belongs to a value that ends in blank lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Blank lines at the end of a block scalar belong to it only if it keeps them (`|+`).
    Tight,
    /// They belong to it.
    Loose,
}

/// The replacement of one range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub range: Range<usize>,
    pub text: String,
}

impl<'a> Layout<'a> {
    /// Start of the line that holds byte `at`; behind a byte-order mark.
    pub fn line_start(self, at: usize) -> usize {
        let start = self.source[..at]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        if self.source[start..at].starts_with('\u{feff}') {
            start + 3
        } else {
            start
        }
    }

    /// End of the line that holds byte `at`, behind its newline if it has one.
    pub fn line_end(self, at: usize) -> usize {
        let rest = &self.source.as_bytes()[at..];
        let newline = rest.iter().position(|byte| *byte == b'\n');
        newline.map_or(self.source.len(), |newline| at + newline + 1)
    }

    /// Spaces in front of byte `at`, if only spaces stand there on its line.
    pub fn indent(self, at: usize) -> Option<usize> {
        let before = &self.source[self.line_start(at)..at];
        before
            .bytes()
            .all(|byte| byte == b' ')
            .then_some(before.len())
    }

    /// Column of byte `at`, from 0; text before a key in block style is ASCII.
    pub fn column(self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// The line end used around byte `at`.
    pub fn newline(self, at: usize) -> &'static str {
        let line = &self.source[..self.line_end(at)];
        let line = if line.ends_with('\n') {
            line
        } else {
            line.rfind('\n').map_or("", |newline| &line[..=newline])
        };
        if line.ends_with("\r\n") { "\r\n" } else { "\n" }
    }

    /// Whether byte `at` is the end of a source without final newline.
    pub fn is_unfinished(self, at: usize) -> bool {
        at == self.source.len() && !self.source.ends_with('\n') && at > 0
    }

    /// Behind the colon of `key`.
    pub fn after_colon(self, key: &Key<'_>) -> usize {
        let end = key.span.range().end;
        self.source[end..]
            .find(':')
            .map_or(end, |colon| end + colon + 1)
    }

    /// The next byte that is neither white space nor in a comment.
    pub fn next_token(self, from: usize) -> usize {
        let mut at = from;
        loop {
            let rest = self.source[at..].trim_start();
            at = self.source.len() - rest.len();
            if !rest.starts_with('#') {
                return at;
            }
            at = self.line_end(at);
        }
    }

    /// The positions of the dashes of a block sequence whose colon or dash ends at `from`.
    pub fn dashes(self, from: usize, items: &[Node<'_>]) -> Vec<usize> {
        let mut at = from;
        let mut dashes = Vec::with_capacity(items.len());
        for item in items {
            let dash = self.next_token(at);
            dashes.push(dash);
            at = self.end(dash + 1, item, Fit::Tight);
        }
        dashes
    }

    /// Behind the last line of the value `node` that follows the colon or dash before `from`,
    /// past the comment on it.
    pub fn end(self, from: usize, node: &Node<'_>, fit: Fit) -> usize {
        match (&node.value, node.style) {
            (Value::Map(entries), Style::Block) if !entries.is_empty() => {
                let (key, value) = &entries[entries.len() - 1];
                self.end(self.after_colon(key), value, fit)
            }
            (Value::Seq(items), Style::Block) if !items.is_empty() => {
                let dash = self.dashes(from, items)[items.len() - 1];
                self.end(dash + 1, &items[items.len() - 1], fit)
            }
            (Value::Scalar(_), Style::Literal | Style::Folded) => {
                self.block_scalar_end(from, node, fit)
            }
            _ if node.span.start == node.span.end => self.line_end(from),
            _ => self.line_end(node.span.range().end),
        }
    }

    /// Where lines can follow the value `node`, best first: behind its last line, behind blank
    /// lines, behind comments that a block scalar in the new lines would take for its own.
    pub fn behind(self, from: usize, node: &Node<'_>) -> Vec<usize> {
        let tight = self.end(from, node, Fit::Tight);
        let loose = self.end(from, node, Fit::Loose);
        let comments = match self.next_token(loose) {
            end if end == self.source.len() => end,
            token => self.line_start(token).max(loose),
        };
        let mut found = vec![tight, loose, comments];
        found.dedup();
        found
    }

    /// Behind what goes with a removed entry or item whose key or dash stands at `column`, best
    /// first: its value, and comments below it that are indented deeper. The last choice is to
    /// take the blank lines too, which a block scalar above would else take for its own.
    pub fn removal_ends(self, from: usize, node: &Node<'_>, column: usize) -> [usize; 3] {
        let [tight, loose] = [Fit::Tight, Fit::Loose]
            .map(|fit| self.past_comments(self.end(from, node, fit), column));
        let rest = &self.source[loose..];
        let blank = rest.len() - rest.trim_start().len();
        let newline = rest[..blank].rfind('\n').map_or(0, |newline| newline + 1);
        [tight, loose, loose + newline]
    }

    /// Behind the last comment that follows byte `at` on lines of its own, deeper than `column`.
    fn past_comments(self, mut at: usize, column: usize) -> usize {
        let mut end = at;
        while at < self.source.len() {
            let next = self.line_end(at);
            let line = &self.source[at..next];
            let text = line.trim_start_matches(' ');
            if text.starts_with('#') && line.len() - text.len() > column {
                end = next;
            } else if !text.trim().is_empty() {
                break;
            }
            at = next;
        }
        end
    }

    fn block_scalar_end(self, from: usize, node: &Node<'_>, fit: Fit) -> usize {
        let header = self.header(from);
        let span = node.span.range();
        let keeps = self.source[header.clone()].contains('+');
        if keeps || fit == Fit::Loose {
            let end = span.end.max(self.line_end(header.end));
            return if self.source[..end].ends_with('\n') {
                end
            } else {
                self.line_end(end)
            };
        }
        let content = self.source[span.clone()].trim_end();
        if content.is_empty() {
            return self.line_end(header.end);
        }
        self.line_end(span.start + content.len())
    }

    /// The header of a block scalar, such as `|2-`, that follows `from`.
    pub fn header(self, from: usize) -> Range<usize> {
        let start = self.next_token(from);
        let rest = &self.source[start..];
        start..start + rest.find(char::is_whitespace).unwrap_or(rest.len())
    }

    /// Replaces `range`, which covers whole lines or is empty at a line's start or the end of the
    /// source, by `lines`. A missing final newline stays missing.
    pub fn replace_lines(self, range: Range<usize>, lines: &[String]) -> Splice {
        let newline = self.newline(range.start.saturating_sub(1));
        let mut text = lines
            .iter()
            .map(|line| format!("{line}{newline}"))
            .collect::<String>();
        let mut range = range;
        if self.is_unfinished(range.end) {
            text.truncate(text.len().saturating_sub(newline.len()));
            if range.is_empty() {
                text.insert_str(0, newline);
            } else if lines.is_empty() {
                let before = self.source[..range.start]
                    .strip_suffix('\n')
                    .unwrap_or_default();
                range.start = before.strip_suffix('\r').unwrap_or(before).len();
            }
        }
        Splice { range, text }
    }
}
