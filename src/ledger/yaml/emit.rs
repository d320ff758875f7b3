//! The canonical form: block style, two spaces, one deterministic rule of quoting.
//!
//! - Text is plain when every YAML reader of any version reads it as that text, a literal block
//!   (`|`, `|-`) when it has clean lines, else double-quoted.
//! - Lists and mappings are always in block style; empty ones are `[]` and `{}`.
//!
//! Changing anything here changes the bytes of state files, and so raises the law (DESIGN §4).

use std::fmt::Write as _;

use super::scalar::{Resolved, resolve};
use super::tree::Tree;

/// Where a scalar will stand; inside `[…]` and `{…}` more characters need quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// In a block mapping or sequence, or as its key.
    Block,
    /// Between brackets.
    Flow,
}

/// Writes `tree` in canonical form, with a final newline.
///
/// Reading it back gives `tree` again, if keys are unique and shorter than 1,000 characters and
/// nesting stays within the limit of the reader.
#[must_use]
pub fn emit(tree: &Tree) -> String {
    let mut out = String::new();
    match tree {
        Tree::List(items) if !items.is_empty() => list(&mut out, items, 0),
        Tree::Map(entries) if !entries.is_empty() => map(&mut out, entries, 0),
        scalar => {
            value(&mut out, scalar, 0);
            // The writer of values puts a space in front.
            out.remove(0);
        }
    }
    out
}

/// The canonical form as lines, without their ends.
#[must_use]
pub fn emit_lines(tree: &Tree) -> Vec<String> {
    emit(tree).lines().map(str::to_owned).collect()
}

fn list(out: &mut String, items: &[Tree], indent: usize) {
    for item in items {
        pad(out, indent);
        list_item(out, item, indent);
    }
}

/// One item, from its dash on; the indentation before the dash is already there.
fn list_item(out: &mut String, item: &Tree, indent: usize) {
    out.push('-');
    match item {
        Tree::Map(entries) if !entries.is_empty() => {
            out.push(' ');
            for (at, (key, node)) in entries.iter().enumerate() {
                if at > 0 {
                    pad(out, indent + 2);
                }
                entry(out, key, node, indent + 2);
            }
        }
        Tree::List(items) if !items.is_empty() => {
            out.push(' ');
            for (at, inner) in items.iter().enumerate() {
                if at > 0 {
                    pad(out, indent + 2);
                }
                list_item(out, inner, indent + 2);
            }
        }
        scalar => value(out, scalar, indent + 2),
    }
}

fn map(out: &mut String, entries: &[(String, Tree)], indent: usize) {
    for (key, node) in entries {
        pad(out, indent);
        entry(out, key, node, indent);
    }
}

fn entry(out: &mut String, key: &str, node: &Tree, indent: usize) {
    out.push_str(&text_inline(key, Context::Block));
    out.push(':');
    match node {
        Tree::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            map(out, entries, indent + 2);
        }
        Tree::List(items) if !items.is_empty() => {
            out.push('\n');
            list(out, items, indent + 2);
        }
        scalar => value(out, scalar, indent + 2),
    }
}

/// A scalar or an empty collection after `:` or `-`, to the end of the line; a literal block's
/// lines are indented by `indent`.
fn value(out: &mut String, tree: &Tree, indent: usize) {
    out.push(' ');
    if let Tree::Text(text) = tree
        && let Some(block) = literal_block(text)
    {
        out.push_str(block.header);
        for line in &block.lines {
            out.push('\n');
            if !line.is_empty() {
                pad(out, indent.max(2));
                out.push_str(line);
            }
        }
    } else {
        out.push_str(&emit_scalar(tree, Context::Block));
    }
    out.push('\n');
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// A scalar (or an empty collection) on one line.
#[must_use]
pub fn emit_scalar(tree: &Tree, context: Context) -> String {
    match tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Int(value) => value.to_string(),
        Tree::Number(text) => text.clone(),
        Tree::Text(text) => text_inline(text, context),
        Tree::List(_) => "[]".to_owned(),
        Tree::Map(_) => "{}".to_owned(),
    }
}

/// A text as literal block: its header and its lines, not indented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal<'a> {
    /// `|` or `|-`
    pub header: &'static str,
    /// The lines without their ends.
    pub lines: Vec<&'a str>,
}

/// The literal block for `text`, if it has several lines, all of them clean: printable, without
/// tabs or spaces that an editor or a reader could change, at most one newline at the end.
#[must_use]
pub fn literal_block(text: &str) -> Option<Literal<'_>> {
    let (header, body) = match text.strip_suffix('\n') {
        Some(body) => ("|", body),
        None => ("|-", text),
    };
    if !text.contains('\n') || body.ends_with('\n') || body.starts_with(['\n', ' ']) {
        return None;
    }
    let is_clean = |line: &&str| {
        !line.starts_with('\t')
            && line.trim_end() == *line
            && line.chars().all(|c| c == '\t' || is_printable(c))
    };
    let lines: Vec<&str> = body.split('\n').collect();
    let all = !body.is_empty() && lines.iter().all(is_clean);
    all.then_some(Literal { header, lines })
}

fn text_inline(text: &str, context: Context) -> String {
    if is_plain(text, context) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

/// Whether `text` can stand without quotes for every reader of YAML 1.1 and 1.2.
fn is_plain(text: &str, context: Context) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let starts_well = first.is_alphanumeric() || matches!(first, '_' | '/' | '$' | '(' | '.');
    let flow_safe = context == Context::Block || !text.contains([',', '[', ']', '{', '}', ':']);
    starts_well
        && flow_safe
        && !text.starts_with("...")
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(is_printable)
        && !reads_as_other_type(text)
}

/// Whether some reader takes `text` for null, a boolean, a number, a date or a time.
fn reads_as_other_type(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan", "nan",
    ];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    if !matches!(resolve(text), Resolved::Text(_)) {
        return true;
    }
    // Numbers of YAML 1.1 (`010`, `1_000`, `0b1`, `1:20`) and dates: digits and their company.
    let number_like =
        |c: char| c.is_ascii_digit() || matches!(c, '_' | '.' | ':' | '-' | '+' | 'e' | 'E');
    let prefixed = ["0b", "0x", "0o"]
        .iter()
        .any(|prefix| text.starts_with(prefix));
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    starts_with_digit && (prefixed || text.chars().all(number_like) || is_date(text))
}

/// `2026-11-20…`: a date, whatever follows.
fn is_date(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    digits(0..4) && text.get(4..5) == Some("-") && digits(5..6)
}

/// A text in single quotes, if all of it is printable on one line.
#[must_use]
pub fn single_quoted(text: &str) -> Option<String> {
    text.chars()
        .all(is_printable)
        .then(|| format!("'{}'", text.replace('\'', "''")))
}

/// A text in double quotes, with escapes for all that is not printable on one line.
#[must_use]
pub fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            // Writing to a String cannot fail.
            c => {
                let code = u32::from(c);
                let _ = match code {
                    0..=0xFF => write!(out, "\\x{code:02X}"),
                    0x100..=0xFFFF => write!(out, "\\u{code:04X}"),
                    _ => write!(out, "\\U{code:08X}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// Printable on one line, and showing what it is: no controls, no line separators, no
/// byte-order mark, no invisible or direction-changing characters.
fn is_printable(c: char) -> bool {
    match c {
        '\u{20}'..='\u{7e}' => true,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => false,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => false,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' => false,
        '\u{e0000}'..='\u{e0fff}' => false,
        c => u32::from(c) & 0xFFFE != 0xFFFE,
    }
}

#[cfg(test)]
mod tests;
