//! A plan text cut into its tasks, each with the comments that belong to it, so that tasks can be
//! moved, merged and put back byte for byte.

use serde_json::Value as Json;

use crate::ledger::yaml::{Limits, Node, Style, SyntaxError, Value, parse};

use super::error::EditError;
use super::layout::Layout;

/// A plan text as head, tasks and tail; put together again they are the text.
///
/// A comment that is indented deeper than the dash of the task above belongs to that task, every
/// other one to the task below. What follows the last task is the tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Up to the line of `tasks:`, without the `[]` of an empty list.
    pub head: String,
    /// The tasks, in order.
    pub blocks: Vec<Block>,
    /// What follows.
    pub tail: String,
    /// Where the `[]` of an empty list stands in the head.
    colon: usize,
}

/// What a node says, to compare: a number that is no integer of 64 bits is the text that stands
/// there, behind a NUL, which no text of a document holds. [`readable`] is for people.
#[must_use]
pub fn exact(node: &Node<'_>) -> Json {
    node.json_with(&|text, _| Json::String(format!("\0{text}")))
}

/// A value of [`exact`] as people read it.
#[must_use]
pub fn readable(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(match text.strip_prefix('\0') {
            Some(number) => number.to_owned(),
            None => text,
        }),
        Json::Array(items) => items.into_iter().map(readable).collect(),
        Json::Object(map) => {
            let entries = map.into_iter().map(|(key, value)| (key, readable(value)));
            Json::Object(entries.collect())
        }
        other => other,
    }
}

/// One task of a plan text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its id.
    pub id: String,
    /// Its lines, with blank lines and comments above.
    pub text: String,
    /// What it says, [`exact`].
    pub value: Json,
    /// Column of its dash, from 0.
    pub dash: usize,
}

/// The fields of one task, all on lines of their own and indented alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    /// Blank lines and comments above the dash.
    pub lead: String,
    /// Column of the dash.
    pub dash: usize,
    /// Column of the keys.
    pub column: usize,
    /// The fields in order.
    pub fields: Vec<Field>,
}

/// One key of a task with its value and the comments that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key.
    pub key: String,
    /// Its lines; in the first one the dash is a space.
    pub text: String,
    /// Its value, [`exact`].
    pub value: Json,
}

/// The items of a list in block style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Items {
    /// The lines up to that of the key.
    pub head: String,
    /// Column of the dashes.
    pub dash: usize,
    /// The lines of each item.
    pub items: Vec<String>,
    /// What follows.
    pub tail: String,
}

impl Sheet {
    /// Cuts a plan text.
    ///
    /// # Errors
    /// [`EditError`] when it is outside the ledger profile, or its tasks do not stand one below the
    /// other, each with an id of its own.
    pub fn cut(source: &str) -> Result<Self, EditError> {
        let root = parse(source, Limits::PLAN)?;
        let layout = Layout { source };
        let unsupported = |span: std::ops::Range<usize>, message: &str| {
            EditError::Unsupported(SyntaxError::new(source, span, message))
        };
        let entries = root.as_map().unwrap_or_default();
        let Some((key, list)) = entries.iter().find(|(key, _)| key.text == "tasks") else {
            return Err(unsupported(0..0, "there is no list of tasks"));
        };
        if root.is_flow() {
            return Err(unsupported(0..0, "a plan in braces cannot be taken apart"));
        }
        let colon = layout.after_colon(key);
        let items = match &list.value {
            Value::Seq(items) => items.as_ref(),
            _ if list.is_null() => &[],
            _ => return Err(unsupported(list.span.range(), "this is no list")),
        };
        if items.is_empty() {
            let gap = if list.is_null() && list.span.start == list.span.end {
                colon..colon
            } else {
                colon..list.span.range().end
            };
            let end = layout.line_end(gap.end);
            return Ok(Self {
                head: [&source[..gap.start], &source[gap.end..end]].concat(),
                blocks: Vec::new(),
                tail: source[end..].to_owned(),
                colon,
            });
        }
        if list.style != Style::Block {
            let message = "a list of tasks in brackets cannot be taken apart";
            return Err(unsupported(list.span.range(), message));
        }
        let head = layout.line_end(colon);
        let mut at = head;
        let mut blocks: Vec<Block> = Vec::with_capacity(items.len());
        let mut ids = std::collections::HashSet::new();
        for (item, dash) in items.iter().zip(layout.dashes(colon, items)) {
            let column = layout.indent(dash);
            let id = item.get("id").and_then(Node::as_str);
            let (Some(column), Some(id)) = (column, id) else {
                return Err(unsupported(
                    item.span.range(),
                    "this task has no id, or no line",
                ));
            };
            if !ids.insert(id.to_owned()) {
                let message = format!("`{id}` stands here twice");
                return Err(unsupported(item.span.range(), &message));
            }
            let [end, ..] = layout.removal_ends(dash + 1, item, column);
            if dash < at || end < at {
                return Err(unsupported(
                    item.span.range(),
                    "this task has no lines of its own",
                ));
            }
            blocks.push(Block {
                id: id.to_owned(),
                text: source[at..end].to_owned(),
                value: exact(item),
                dash: column,
            });
            at = end;
        }
        Ok(Self {
            head: source[..head].to_owned(),
            blocks,
            tail: source[at..].to_owned(),
            colon,
        })
    }

    /// The text again.
    #[must_use]
    pub fn joined(&self) -> String {
        let texts = self.blocks.iter().map(|block| block.text.as_str());
        self.with_tasks(texts)
    }

    /// Head and tail with these lines of tasks between them; none gives `tasks: []`.
    #[must_use]
    pub fn with_tasks<'t>(&self, tasks: impl IntoIterator<Item = &'t str>) -> String {
        let mut text = self.head.clone();
        let mut any = false;
        for task in tasks.into_iter().filter(|task| !task.is_empty()) {
            any = true;
            finish(&mut text);
            text.push_str(task);
        }
        if !any {
            text.insert_str(self.colon, " []");
        }
        if !self.tail.is_empty() {
            finish(&mut text);
            text.push_str(&self.tail);
        }
        text
    }

    /// The place of a task.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<usize> {
        self.blocks.iter().position(|block| block.id == id)
    }
}

/// Ends the last line of a text that goes on.
fn finish(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(newline(text));
    }
}

/// The line end that a text uses.
#[must_use]
pub fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

impl Block {
    /// Cuts the task into its fields.
    ///
    /// # Errors
    /// [`EditError`] when it is not written as one key below the other, the first behind the dash.
    pub fn fields(&self) -> Result<Fields, EditError> {
        let source = self.text.as_str();
        let root = parse(source, Limits::PLAN)?;
        let layout = Layout { source };
        let unsupported = || {
            let message = format!("`{}` is not written as one key below the other", self.id);
            EditError::Unsupported(SyntaxError::new(source, 0..0, message))
        };
        let items = root.as_seq().unwrap_or_default();
        let dashes = layout.dashes(0, items);
        let ([item], [dash]) = (items, dashes.as_slice()) else {
            return Err(unsupported());
        };
        let dash = *dash;
        let entries = item.as_map().unwrap_or_default();
        let (Some((first, _)), false) = (entries.first(), item.is_flow()) else {
            return Err(unsupported());
        };
        let column = layout.column(first.span.range().start);
        let lead = layout.line_start(dash);
        if lead != layout.line_start(first.span.range().start) {
            return Err(unsupported());
        }
        let mut at = lead;
        let mut fields = Vec::with_capacity(entries.len());
        for (index, (key, value)) in entries.iter().enumerate() {
            let start = key.span.range().start;
            let [end, ..] = layout.removal_ends(layout.after_colon(key), value, column);
            let end = if index + 1 == entries.len() {
                source.len()
            } else {
                end
            };
            let own_line = index == 0 || layout.indent(start) == Some(column);
            if start < at || end < at || !own_line {
                return Err(unsupported());
            }
            let mut text = source[at..end].to_owned();
            if index == 0 {
                text.replace_range(dash - at..=dash - at, " ");
            }
            fields.push(Field {
                key: key.text.to_string(),
                text,
                value: exact(value),
            });
            at = end;
        }
        Ok(Fields {
            lead: source[..lead].to_owned(),
            dash: layout.column(dash),
            column,
            fields,
        })
    }
}

impl Field {
    /// The items of the field's list, if it is one in block style.
    #[must_use]
    pub fn items(&self) -> Option<Items> {
        let source = self.text.as_str();
        let root = parse(source, Limits::PLAN).ok()?;
        let layout = Layout { source };
        let (key, list) = root.as_map()?.first()?;
        let items = list.as_seq().filter(|items| !items.is_empty())?;
        if list.style != Style::Block {
            return None;
        }
        let from = layout.after_colon(key);
        let head = layout.line_end(from);
        let mut at = head;
        let mut cut = Vec::with_capacity(items.len());
        let mut column = 0;
        for (item, dash) in items.iter().zip(layout.dashes(from, items)) {
            column = layout.indent(dash)?;
            let [end, ..] = layout.removal_ends(dash + 1, item, column);
            if dash < at || end < at {
                return None;
            }
            cut.push(source[at..end].to_owned());
            at = end;
        }
        Some(Items {
            head: source[..head].to_owned(),
            dash: column,
            items: cut,
            tail: source[at..].to_owned(),
        })
    }
}

/// The same lines, indented by `from` to `to` columns; comments and blank lines go along as far as
/// they can.
#[must_use]
pub fn reindented(text: &str, from: usize, to: usize) -> String {
    if from == to {
        return text.to_owned();
    }
    let mut moved = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            moved.push_str(line);
        } else if to > from {
            moved.extend(std::iter::repeat_n(' ', to - from));
            moved.push_str(line);
        } else {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            moved.push_str(&line[spaces.min(from - to)..]);
        }
    }
    moved
}

/// The comments of a text, from `#` on without the white space behind them, in order.
///
/// # Errors
/// When the text is outside the ledger profile.
pub fn comments(source: &str) -> Result<Vec<String>, EditError> {
    if source.trim().is_empty() {
        return Ok(Vec::new());
    }
    let root = match parse(source, Limits::PLAN) {
        Ok(root) => root,
        // Comments alone are no document.
        Err(_) if source.lines().all(is_remark) => {
            return Ok(source
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect());
        }
        Err(error) => return Err(error.into()),
    };
    let mut spans = Vec::new();
    scalars(&root, &mut spans);
    spans.sort_unstable();
    let mut found = Vec::new();
    let mut at = 0;
    for (start, end) in spans.into_iter().chain([(source.len(), source.len())]) {
        if start > at {
            gap(&source[at..start], &mut found);
        }
        at = at.max(end);
    }
    Ok(found)
}

fn is_remark(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

fn scalars(node: &Node<'_>, spans: &mut Vec<(usize, usize)>) {
    match &node.value {
        Value::Scalar(_) => spans.push((node.span.range().start, node.span.range().end)),
        Value::Seq(items) => items.iter().for_each(|item| scalars(item, spans)),
        Value::Map(entries) => {
            for (key, value) in entries {
                spans.push((key.span.range().start, key.span.range().end));
                scalars(value, spans);
            }
        }
    }
}

/// The comments in a text without scalars.
fn gap(text: &str, found: &mut Vec<String>) {
    for line in text.split('\n') {
        if let Some(at) = line.find('#') {
            found.push(line[at..].trim_end().to_owned());
        }
    }
}
