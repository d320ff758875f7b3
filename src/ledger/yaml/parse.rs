use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

use super::error::SyntaxError;
use super::node::{Key, Node, Span, Style, Value};
use refusal::{check_lines, no_alias, scan_error, too_deep};

mod refusal;

/// What a source may cost; more is refused before it is spent (PROMISES P23).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest source in bytes; at most 4 GiB.
    pub bytes: usize,
    /// Deepest nesting of collections.
    pub depth: usize,
    /// Longest key or scalar in bytes.
    pub scalar: usize,
}

impl Limits {
    /// For files that people write: 64 MiB, 64 levels, texts of 1 MiB.
    pub const PLAN: Self = Self {
        bytes: 64 << 20,
        depth: 64,
        scalar: 1 << 20,
    };
    /// For the state file of one task: 1 MiB, 64 levels.
    pub const STATE: Self = Self {
        bytes: 1 << 20,
        depth: 64,
        scalar: 1 << 20,
    };
}

/// Reads bytes that should be UTF-8; otherwise as [`parse`].
///
/// # Errors
/// [`SyntaxError`] at the first byte outside the ledger profile.
pub fn parse_bytes(source: &[u8], limits: Limits) -> Result<Node<'_>, SyntaxError> {
    parse(text(source, limits)?, limits)
}

/// The text of a source that is not too large.
///
/// # Errors
/// [`SyntaxError`] at the first byte that is not UTF-8, or when there are too many.
pub fn text(source: &[u8], limits: Limits) -> Result<&str, SyntaxError> {
    check_size(source, limits)?;
    std::str::from_utf8(source).map_err(|error| {
        let at = error.valid_up_to();
        let message = format!("byte 0x{:02X} is not UTF-8", source[at]);
        SyntaxError::in_bytes(source, at..at + 1, message)
    })
}

/// Reads one document of the ledger profile, in one pass over the parser's events. A byte-order
/// mark and CRLF line ends are accepted.
///
/// # Errors
/// [`SyntaxError`] at the first byte outside the ledger profile.
pub fn parse(source: &str, limits: Limits) -> Result<Node<'_>, SyntaxError> {
    build(source, limits, None)
}

/// Reads a document with a long list under `key`, as [`parse`] does: each item goes to `take` as
/// soon as it is read, and the document that is left has no items there. So no more than one of
/// them is held at a time (P23). Whoever takes items must forget them should the rest not read.
///
/// # Errors
/// As [`parse`].
pub fn parse_items<'a>(
    source: &'a str,
    limits: Limits,
    key: &str,
    mut take: impl FnMut(Node<'a>),
) -> Result<Node<'a>, SyntaxError> {
    build(source, limits, Some((key, &mut take)))
}

/// The key of a list of the document's root, and who takes its items.
type Taker<'t, 'a> = (&'t str, &'t mut dyn FnMut(Node<'a>));

fn build<'a>(
    source: &'a str,
    limits: Limits,
    taker: Option<Taker<'_, 'a>>,
) -> Result<Node<'a>, SyntaxError> {
    check_size(source.as_bytes(), limits)?;
    check_lines(source, limits)?;
    let mut options = granit_parser::options! {
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
    };
    options.set_emit_comments(false);
    let mut builder = Builder {
        source,
        limits,
        open: vec![],
        nodes: vec![],
        entries: vec![],
        root: None,
        taker,
        taken: None,
    };
    for next in Parser::new_from_str_with_options(source, options) {
        let (event, span) = next.map_err(|error| scan_error(source, limits, &error))?;
        builder.take(event, &span)?;
    }
    match builder.root {
        Some(root) if !(root.is_null() && root.span.start == root.span.end) => Ok(root),
        _ => Err(SyntaxError::new(source, 0..0, "the document is empty")),
    }
}

fn check_size(source: &[u8], limits: Limits) -> Result<(), SyntaxError> {
    if source.len() > limits.bytes.min(u32::MAX as usize) {
        let message = format!(
            "too large: {} bytes, at most {} are read",
            source.len(),
            limits.bytes
        );
        return Err(SyntaxError::in_bytes(source, 0..0, message));
    }
    Ok(())
}

/// A collection whose end has not come yet. Its children lie on the builder's stacks from
/// `children` on, so that each collection is allocated once, at its final size.
struct Open<'a> {
    style: Style,
    start: u32,
    column: usize,
    children: usize,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Seq,
    /// With the key whose value comes next.
    Map(Option<Key<'a>>),
}

struct Builder<'t, 'a> {
    source: &'a str,
    limits: Limits,
    open: Vec<Open<'a>>,
    nodes: Vec<Node<'a>>,
    entries: Vec<(Key<'a>, Node<'a>)>,
    root: Option<Node<'a>>,
    taker: Option<Taker<'t, 'a>>,
    /// Where the last item ends that was taken.
    taken: Option<u32>,
}

/// Maps with more keys than this are checked for duplicates by hashing.
const FEW_KEYS: usize = 24;

impl<'a> Builder<'_, 'a> {
    fn take(&mut self, event: Event<'a>, at: &granit_parser::Span) -> Result<(), SyntaxError> {
        let span = byte_span(at);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.check_properties(at, anchor, tag.is_some())?;
                self.scalar(text, style, at)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_properties(at, anchor, tag.is_some())?;
                self.start(Kind::Seq, style, at)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_properties(at, anchor, tag.is_some())?;
                self.start(Kind::Map(None), style, at)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => Err(no_alias(self.source, span.range())),
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(self.error(span.range(), "a second document; a file holds one"))
            }
            _ => Ok(()),
        }
    }

    fn error(&self, span: Range<usize>, message: &str) -> SyntaxError {
        SyntaxError::new(self.source, span, message)
    }

    fn check_properties(
        &self,
        at: &granit_parser::Span,
        anchor: usize,
        tagged: bool,
    ) -> Result<(), SyntaxError> {
        if tagged {
            let span = at.tag_span().unwrap_or(*at);
            let error = self.error(
                byte_span(&span).range(),
                "a tag; the ledger profile has none",
            );
            return Err(error.hint("the type follows from the field: leave the tag out"));
        }
        if anchor != 0 {
            let span = self.anchor_before(byte_span(at).start as usize);
            let error = self.error(span, "an anchor; the ledger profile has none");
            return Err(error.hint("write the value out where it is used"));
        }
        Ok(())
    }

    /// The `&name` in front of a node.
    fn anchor_before(&self, node: usize) -> Range<usize> {
        let start = self.source[..node].rfind('&').unwrap_or(node);
        let name = &self.source[start..node];
        start..start + name.find(char::is_whitespace).unwrap_or(name.len())
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        at: &granit_parser::Span,
    ) -> Result<(), SyntaxError> {
        let span = byte_span(at);
        if text.len() > self.limits.scalar {
            let (long, most) = (text.len(), self.limits.scalar);
            let start = span.range().start;
            let message = format!("a text of {long} bytes, more than {most}");
            return Err(self.error(start..start, &message));
        }
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        };
        // The parser calls an absent value `~`.
        let absent = style == Style::Plain && span.start == span.end;
        let text = if absent { Cow::Borrowed("") } else { text };
        if self.expects_key() {
            return self.key(text, style, at);
        }
        let block = matches!(style, Style::Literal | Style::Folded);
        let span = if block { self.own_lines(span) } else { span };
        self.node(Node {
            value: Value::Scalar(text),
            span,
            style,
        });
        Ok(())
    }

    /// The span of a block scalar without the indentation of the line behind it, which the parser
    /// counts in.
    fn own_lines(&self, span: Span) -> Span {
        let before = self.source[..span.end as usize].trim_end_matches([' ', '\t']);
        let end = if before.ends_with('\n') {
            before.len()
        } else {
            span.end as usize
        };
        let end = u32::try_from(end).unwrap_or(span.end);
        Span {
            start: span.start.min(end),
            end,
        }
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                kind: Kind::Map(None),
                ..
            })
        )
    }

    fn key(
        &mut self,
        text: Cow<'a, str>,
        style: Style,
        at: &granit_parser::Span,
    ) -> Result<(), SyntaxError> {
        let span = byte_span(at);
        let Some(open) = self.open.last() else {
            return Ok(());
        };
        if style == Style::Plain && text.is_empty() {
            return Err(self.error(span.range(), "a key is missing before `:`"));
        }
        if style == Style::Plain && text == "<<" {
            return Err(self.error(span.range(), "a merge key; the ledger profile has none"));
        }
        let before = &self.source[..span.start as usize];
        let explicit = match open.style {
            Style::Block => at.start.col() != open.column,
            _ => before.trim_end_matches(' ').ends_with('?'),
        };
        if explicit || matches!(style, Style::Literal | Style::Folded) {
            return Err(self.complex_key(span.range()));
        }
        self.check_unique(&text, span, open.children)?;
        if let Some(Open {
            kind: Kind::Map(pending),
            ..
        }) = self.open.last_mut()
        {
            *pending = Some(Key { text, span });
        }
        Ok(())
    }

    fn complex_key(&self, span: Range<usize>) -> SyntaxError {
        self.error(
            span,
            "a complex key; keys are plain or quoted text followed by `:`",
        )
    }

    /// Linear for few keys; larger maps are checked once, at their end.
    fn check_unique(&self, text: &str, span: Span, first: usize) -> Result<(), SyntaxError> {
        let entries = &self.entries[first..];
        if entries.len() > FEW_KEYS {
            return Ok(());
        }
        match entries.iter().find(|(key, _)| key.text == text) {
            Some((key, _)) => Err(self.duplicate(text, key.span, span)),
            None => Ok(()),
        }
    }

    fn check_all_unique(&self, first: usize) -> Result<(), SyntaxError> {
        let entries = &self.entries[first..];
        if entries.len() <= FEW_KEYS {
            return Ok(());
        }
        let mut seen = HashMap::with_capacity(entries.len());
        for (key, _) in entries {
            if let Some(earlier) = seen.insert(&*key.text, key.span) {
                return Err(self.duplicate(&key.text, earlier, key.span));
            }
        }
        Ok(())
    }

    fn duplicate(&self, text: &str, earlier: Span, span: Span) -> SyntaxError {
        let first = self.error(earlier.range(), "");
        self.error(
            span.range(),
            &format!("duplicate key `{}`", text.escape_debug()),
        )
        .hint(format!("the first one is on line {}", first.line))
    }

    fn start(
        &mut self,
        kind: Kind<'a>,
        style: StructureStyle,
        at: &granit_parser::Span,
    ) -> Result<(), SyntaxError> {
        let span = byte_span(at);
        if self.expects_key() {
            return Err(self.complex_key(span.range()));
        }
        if self.open.len() >= self.limits.depth {
            return Err(too_deep(self.source, span.start as usize, self.limits));
        }
        let style = match style {
            StructureStyle::Block => Style::Block,
            StructureStyle::Flow => Style::Flow,
        };
        let children = match kind {
            Kind::Seq => self.nodes.len(),
            Kind::Map(_) => self.entries.len(),
        };
        self.open.push(Open {
            style,
            start: span.start,
            column: at.start.col(),
            children,
            kind,
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (value, last) = match open.kind {
            Kind::Seq => {
                let items: Box<[Node<'a>]> = self.nodes.drain(open.children..).collect();
                let last = items.last().map(|item| item.span.end).or(self.taken);
                (Value::Seq(items), last)
            }
            Kind::Map(_) => {
                self.check_all_unique(open.children)?;
                let entries: Box<[_]> = self.entries.drain(open.children..).collect();
                let last = entries
                    .last()
                    .map(|(_, value): &(Key<'a>, Node<'a>)| value.span.end);
                (Value::Map(entries), last)
            }
        };
        let end = match (open.style, last) {
            (Style::Block, Some(end)) => end,
            _ => span.end,
        };
        let span = Span {
            start: open.start,
            end: end.max(open.start),
        };
        self.node(Node {
            value,
            span,
            style: open.style,
        });
        Ok(())
    }

    fn node(&mut self, node: Node<'a>) {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(Kind::Seq) => self.item(node),
            Some(Kind::Map(pending)) => {
                if let Some(key) = pending.take() {
                    self.entries.push((key, node));
                }
            }
        }
    }

    fn item(&mut self, node: Node<'a>) {
        let Some((key, take)) = &mut self.taker else {
            return self.nodes.push(node);
        };
        match self.open.as_slice() {
            [
                Open {
                    kind: Kind::Map(Some(above)),
                    ..
                },
                _,
            ] if above.text == *key => {
                self.taken = Some(node.span.end);
                take(node);
            }
            _ => self.nodes.push(node),
        }
    }
}

/// The parser's span in bytes. Sources beyond 32 bits were refused before.
fn byte_span(span: &granit_parser::Span) -> Span {
    let narrow = |offset: Option<usize>| u32::try_from(offset.unwrap_or(0)).unwrap_or(u32::MAX);
    Span {
        start: narrow(span.start.byte_offset()),
        end: narrow(span.end.byte_offset()),
    }
}

#[cfg(test)]
mod tests;
