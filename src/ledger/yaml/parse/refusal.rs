//! Refusals: what lines show without any grammar, and the parser's errors in our words.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use super::Limits;
use crate::ledger::yaml::SyntaxError;

/// What the lines show before any grammar: NUL, bare carriage returns, conflict markers, tabs.
pub(super) fn check_lines(source: &str, limits: Limits) -> Result<(), SyntaxError> {
    let fail = |span, message: &str| Err(SyntaxError::new(source, span, message));
    let bytes = source.as_bytes();
    if let Some(at) = bytes
        .contains(&0)
        .then(|| bytes.iter().position(|b| *b == 0))
        .flatten()
    {
        return fail(at..at + 1, "a NUL character");
    }
    if bytes.contains(&b'\r') {
        let bare = |at: &usize| bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
        if let Some(at) = (0..bytes.len()).find(bare) {
            return fail(at..at + 1, "a carriage return without a line feed");
        }
    }
    let mut start = 0;
    let mut block: Option<Block> = None;
    for line in source.split('\n') {
        if let Some(long) = too_long(&mut block, start, line, limits) {
            let message = format!("a text of more than {} bytes", limits.scalar);
            return fail(long..long, &message);
        }
        match line.as_bytes().first() {
            Some(b'<' | b'=' | b'>' | b'|') if is_conflict_marker(line) => {
                let span = start..start + line.trim_end().len();
                return fail(span, "a git conflict marker").map_err(|error: SyntaxError| {
                    error.hint("resolve the merge conflict and delete its markers")
                });
            }
            Some(b'\t') if !line.trim().is_empty() => {
                return fail(start..start + 1, "a tab in the indentation")
                    .map_err(|error: SyntaxError| error.hint("indent with spaces"));
            }
            _ => start += line.len() + 1,
        }
    }
    Ok(())
}

/// A block scalar that is open.
struct Block {
    /// Where its header stands.
    at: usize,
    /// Blanks in front of the line with its header; its own lines have more.
    indent: usize,
    /// Bytes so far.
    bytes: usize,
}

/// Where a text begins that the parser would hold whole and that is longer than what is read: known
/// before it is held (PROMISES P23).
fn too_long(block: &mut Option<Block>, start: usize, line: &str, limits: Limits) -> Option<usize> {
    // Keys, quotes and indentation of one line, at most.
    const AROUND: usize = 1 << 16;
    if line.len() > limits.scalar + AROUND {
        return Some(start);
    }
    let text = line.trim();
    if text.is_empty() {
        return None;
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    if let Some(open) = block.as_mut().filter(|open| indent > open.indent) {
        open.bytes += line.len() - indent;
        return (open.bytes > limits.scalar).then_some(open.at);
    }
    let header = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    let opens = header
        .strip_suffix(['|', '>'])
        .is_some_and(|before| before.ends_with(": ") || before.ends_with("- "));
    *block = opens.then(|| Block {
        at: start + line.len() - line.trim_start().len(),
        indent,
        bytes: 0,
    });
    None
}

/// `<<<<<<< ours`, `||||||| base`, `=======`, `>>>>>>> theirs`, at the start of a line.
fn is_conflict_marker(line: &str) -> bool {
    let line = line.trim_end_matches('\r');
    match line.split_at_checked(7) {
        Some(("=======", rest)) => rest.is_empty(),
        Some(("<<<<<<<" | "|||||||" | ">>>>>>>", rest)) => rest.is_empty() || rest.starts_with(' '),
        _ => false,
    }
}

/// A parser's error in our words.
pub(super) fn scan_error(source: &str, limits: Limits, error: &ScanError) -> SyntaxError {
    let at = error.marker().byte_offset().unwrap_or(0).min(source.len());
    let width = source[at..]
        .chars()
        .next()
        .filter(|c| *c != '\n')
        .map_or(0, char::len_utf8);
    let here = |message: String| SyntaxError::new(source, at..at + width, message);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(source, at, limits),
        ErrorKind::UnknownAnchor => no_alias(source, at..at + width),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::InvalidBlockEntryWhitespace
        | ErrorKind::InvalidMappingValueWhitespace => {
            let tab = source[at..]
                .find('\t')
                .map_or(at..at + width, |tab| at + tab..at + tab + 1);
            SyntaxError::new(source, tab, "a tab in the indentation").hint("indent with spaces")
        }
        ErrorKind::UnexpectedCharacter { character } => here(format!(
            "`{}` cannot start a plain value",
            character.escape_default()
        ))
        .hint("put the value in quotes"),
        ErrorKind::MappingValueNotAllowed => here("a `:` where no key can stand".to_owned())
            .hint("put a value that has `: ` in it in quotes; check the indentation"),
        ErrorKind::SimpleKeyExpected => here("a key without `:`".to_owned()),
        ErrorKind::ExpectedBlockMappingKey => {
            here("neither a key of this mapping nor its end".to_owned())
                .hint("check the indentation of this line")
        }
        ErrorKind::ExpectedBlockSequenceEntry => {
            here("neither an item of this list nor its end".to_owned())
                .hint("check the indentation of this line")
        }
        ErrorKind::UnclosedFlowCollection { open } => here(format!("`{open}` is never closed")),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            here("a value is missing, or a bracket".to_owned())
        }
        ErrorKind::UnclosedQuotedScalar => here("a quote that is never closed".to_owned()),
        ErrorKind::InvalidQuotedScalarIndent | ErrorKind::DocumentIndicatorInQuotedScalar => {
            here("quoted text goes on at the wrong indentation".to_owned())
                .hint("is the quote above closed?")
        }
        _ => here(lower_first(&error.info())),
    }
}

fn lower_first(text: &str) -> String {
    let text = text.strip_prefix("while ").map_or(text, |rest| {
        rest.split_once(", ").map_or(text, |(_, fact)| fact)
    });
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

pub(super) fn too_deep(source: &str, at: usize, limits: Limits) -> SyntaxError {
    let message = format!("nested deeper than {} levels", limits.depth);
    SyntaxError::new(source, at..at, message)
}

pub(super) fn no_alias(source: &str, span: Range<usize>) -> SyntaxError {
    SyntaxError::new(source, span, "an alias; the ledger profile has none")
        .hint("write the value out, or in quotes if it is meant to start with `*`")
}
