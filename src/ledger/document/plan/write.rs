//! The splices that put a new value behind a key.

use std::ops::Range;

use super::super::error::EditError;
use super::super::layout::{Fit, Splice};
use super::super::verify::Kind;
use super::place::Place;
use super::{Planned, Planner};
use crate::ledger::yaml::{Style, Tree, Value};

/// A value as it is written behind a key: the rest of the key's line and the lines below it.
pub(super) struct Written {
    pub(super) inline: String,
    pub(super) lines: Vec<String>,
}

impl Written {
    /// A value on the key's line.
    pub(super) fn inline(inline: String) -> Self {
        Self {
            inline,
            lines: vec![],
        }
    }

    /// A collection, which begins on the next line.
    pub(super) fn below(lines: Vec<String>) -> Self {
        Self {
            inline: String::new(),
            lines,
        }
    }
}

impl<'s> Planner<'s> {
    pub(super) fn replaced(&self, place: &Place<'_>, forms: &[Written], tree: Tree) -> Planned {
        let written: Vec<_> = forms.iter().map(|form| self.written(place, form)).collect();
        if let Some(Err(error)) = written.iter().find(|_| written.iter().all(Result::is_err)) {
            return Err(error.clone());
        }
        let candidates = written.into_iter().flatten().flatten().collect();
        Ok(Some(self.plan_at(place, candidates, Kind::Set(tree))))
    }

    /// The splices that put `new` in the place of a key's value.
    pub(super) fn written(
        &self,
        place: &Place<'_>,
        new: &Written,
    ) -> Result<Vec<Splice>, EditError> {
        let (layout, source, from) = (self.layout, self.layout.source, place.from);
        let span = place.node.span.range();
        // What stands before the old value and may stay, what stands behind it or its header and
        // stays, and where the old value ends.
        let (gap, tail, ends): (Range<usize>, Range<usize>, Vec<usize>) =
            match (&place.node.value, place.node.style) {
                (Value::Scalar(_), Style::Literal | Style::Folded) => {
                    let header = layout.header(from);
                    let tail = header.end..layout.line_end(header.end);
                    (from..header.start, tail, self.ends(place))
                }
                (Value::Seq(items), Style::Block) => {
                    let first = layout.dashes(from, &items[..1])[0];
                    (from..from, from..layout.line_start(first), self.ends(place))
                }
                (Value::Map(entries), Style::Block) => {
                    let first = entries
                        .first()
                        .map_or(span.start, |(key, _)| key.span.range().start);
                    (from..from, from..layout.line_start(first), self.ends(place))
                }
                _ if span.is_empty() && new.lines.is_empty() => {
                    (from..from, from..from, vec![from])
                }
                _ if span.is_empty() => {
                    let end = layout.line_end(from);
                    (from..from, from..end, vec![end])
                }
                _ if new.lines.is_empty() => (from..span.start, span.end..span.end, vec![span.end]),
                _ => {
                    let end = layout.line_end(span.end);
                    (from..span.start, span.end..end, vec![end])
                }
            };
        let (mut gap, tail) = (&source[gap], &source[tail]);
        if gap.contains('\n') && !new.lines.is_empty() {
            if !gap.trim().is_empty() {
                let message = "a comment between the key and its value on a later line";
                return Err(self.unsupported(span, message));
            }
            gap = " ";
        }
        let newline = layout.newline(from);
        let mut text = match (new.inline.is_empty(), gap.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!(" {}", new.inline),
            (false, false) => format!("{gap}{}", new.inline),
        };
        text.push_str(tail);
        if !new.lines.is_empty() && !tail.ends_with('\n') {
            text.push_str(newline);
        }
        text.extend(new.lines.iter().map(|line| format!("{line}{newline}")));
        let splice = |end: usize| {
            let unfinished = layout.is_unfinished(end);
            let kept = if unfinished {
                text.trim_end_matches(['\r', '\n'])
            } else {
                &text
            };
            Splice {
                range: from..end,
                text: kept.to_owned(),
            }
        };
        Ok(ends.into_iter().map(splice).collect())
    }

    fn ends(&self, place: &Place<'_>) -> Vec<usize> {
        let mut ends = [Fit::Tight, Fit::Loose]
            .map(|fit| self.layout.end(place.from, place.node, fit))
            .to_vec();
        ends.dedup();
        ends
    }
}

pub(super) fn indented(lines: Vec<String>, indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    let line = |line: String| {
        if line.is_empty() {
            line
        } else {
            format!("{pad}{line}")
        }
    };
    lines.into_iter().map(line).collect()
}
