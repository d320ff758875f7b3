//! From an edit to the splices that could make it.

use std::ops::Range;

use crate::ledger::yaml::{
    Context, Node, Style, SyntaxError, Tree, Value, closest, double_quoted, emit_lines,
    emit_scalar, literal_block, single_quoted,
};

use super::edit::{Edit, Route, Step};
use super::error::EditError;
use super::layout::{Fit, Layout, Splice};
use super::verify::{Change, Kind};

/// Ways to make an edit, best first, and how to know that it was made.
#[derive(Debug)]
pub(super) struct Plan {
    pub candidates: Vec<Splice>,
    pub change: Change,
    /// The byte that a failure points at.
    pub at: usize,
}

/// Plans edits of one source.
pub(super) struct Planner<'s> {
    layout: Layout<'s>,
    root: &'s Node<'s>,
    order: &'static [&'static str],
}

/// A value and the way to it.
#[derive(Clone)]
struct Place<'s> {
    node: &'s Node<'s>,
    /// Behind the colon or dash in front of the value.
    from: usize,
    /// Column of the key whose value this is; 0 for the root.
    column: usize,
    path: Vec<usize>,
}

/// Where a route that ends with a key leads.
enum Target<'s> {
    Present {
        parent: Place<'s>,
        index: usize,
        value: Place<'s>,
    },
    Missing {
        parent: Place<'s>,
        key: String,
    },
}

/// A value as it is written behind a key: the rest of the key's line and the lines below it.
struct Written {
    inline: String,
    lines: Vec<String>,
}

impl Written {
    /// A collection, which begins on the next line.
    fn below(lines: Vec<String>) -> Self {
        Self {
            inline: String::new(),
            lines,
        }
    }
}

type Planned = Result<Option<Plan>, EditError>;

impl<'s> Planner<'s> {
    pub fn new(source: &'s str, root: &'s Node<'s>, order: &'static [&'static str]) -> Self {
        Self {
            layout: Layout { source },
            root,
            order,
        }
    }

    /// How to make `edit`; `None` if it changes nothing.
    pub fn plan(&self, edit: &Edit) -> Planned {
        match edit {
            Edit::SetScalar { route, value } => self.set_scalar(route, &value.clone().into()),
            Edit::SetList { route, items } => self.set_list(route, items),
            Edit::RemoveKey { route } => self.remove_key(route),
            Edit::AppendTasks { tasks } => self.append(&Route::key("tasks"), tasks),
            Edit::AppendItems { list, items } => self.append(list, items),
            Edit::RemoveTask { id } => self.remove_item(&Route::task(id)),
            Edit::RemoveItem { item } => self.remove_item(item),
        }
    }

    fn set_scalar(&self, route: &Route, value: &Tree) -> Planned {
        let place = match self.target(route)? {
            Target::Missing { parent, key } => return self.insert_key(parent, &key, value),
            Target::Present { value, .. } => value,
        };
        if Tree::from(place.node) == *value {
            return Ok(None);
        }
        let mut forms = vec![];
        if let Tree::Text(text) = value
            && let Some(block) = literal_block(text)
        {
            let pad = " ".repeat(place.column + 2);
            let line = |line: &&str| {
                if line.is_empty() {
                    String::new()
                } else {
                    format!("{pad}{line}")
                }
            };
            let lines = block.lines.iter().map(line).collect();
            forms.push(Written {
                inline: block.header.to_owned(),
                lines,
            });
        }
        let inline = match (value, place.node.style) {
            (Tree::Text(text), Style::DoubleQuoted) => double_quoted(text),
            (Tree::Text(text), Style::SingleQuoted) => {
                single_quoted(text).unwrap_or_else(|| double_quoted(text))
            }
            _ => emit_scalar(value, Context::Block),
        };
        forms.push(Written {
            inline,
            lines: vec![],
        });
        self.replaced(&place, &forms, value.clone())
    }

    fn set_list(&self, route: &Route, items: &[String]) -> Planned {
        let tree = Tree::texts(items.iter().map(String::as_str));
        let place = match self.target(route)? {
            Target::Missing { parent, key } => return self.insert_key(parent, &key, &tree),
            Target::Present { value, .. } => value,
        };
        if Tree::from(place.node) == tree {
            return Ok(None);
        }
        match (&place.node.value, place.node.style) {
            (Value::Seq(old), Style::Flow) => {
                let inline = self.bracketed(place.node, old, items)?;
                self.replaced(
                    &place,
                    &[Written {
                        inline,
                        lines: vec![],
                    }],
                    tree,
                )
            }
            (Value::Seq(old), _) if !items.is_empty() => {
                self.change_lines(&place, old, items, tree)
            }
            _ if items.is_empty() => {
                let empty = Written {
                    inline: "[]".to_owned(),
                    lines: vec![],
                };
                self.replaced(&place, &[empty], tree)
            }
            _ => {
                let forms = list_forms(items, place.column + 2).map(Written::below);
                self.replaced(&place, &forms, tree)
            }
        }
    }

    /// A list in brackets; items that stay are copied with their quotes.
    fn bracketed(
        &self,
        node: &Node<'_>,
        old: &[Node<'_>],
        items: &[String],
    ) -> Result<String, EditError> {
        let mut end = node.span.range().start;
        let source = self.layout.source;
        let ends = old
            .iter()
            .map(|item| item.span.range())
            .chain([node.span.range().end..0]);
        for item in ends {
            if source[end..item.start].contains('#') {
                let span = node.span.range();
                return Err(self.unsupported(span, "a list in brackets with comments inside"));
            }
            end = item.end;
        }
        let text = |item: &String| {
            let kept = old
                .iter()
                .find(|old| old.as_str() == Some(item) && is_text(old));
            match kept.map(|old| &source[old.span.range()]) {
                Some(written) if !written.contains('\n') => written.to_owned(),
                _ => emit_scalar(&Tree::from(item.as_str()), Context::Flow),
            }
        };
        Ok(format!(
            "[{}]",
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        ))
    }

    /// Replaces the lines between the items that stay at the beginning and at the end.
    fn change_lines(
        &self,
        place: &Place<'_>,
        old: &[Node<'_>],
        items: &[String],
        tree: Tree,
    ) -> Planned {
        let dashes = self.own_lines(place, old)?;
        let stays = |(old, item): &(&Node<'_>, &String)| is_text(old) && old.as_str() == Some(item);
        let head = old.iter().zip(items).take_while(stays).count();
        let room = old.len().min(items.len()) - head;
        let tail = old
            .iter()
            .rev()
            .zip(items.iter().rev())
            .take(room)
            .take_while(stays)
            .count();
        let new = &items[head..items.len() - tail];
        let candidates = list_forms(new, self.layout.column(dashes[0]))
            .iter()
            .flat_map(|lines| {
                [Fit::Tight, Fit::Loose].map(|fit| {
                    let end_of = |at: usize| self.layout.end(dashes[at] + 1, &old[at], fit);
                    let start_of = |at: usize| self.layout.line_start(dashes[at]);
                    let range = match (head, old.len() - tail) {
                        (head, end) if head < end => start_of(head)..end_of(end - 1),
                        (0, _) => start_of(0)..start_of(0),
                        (head, _) => end_of(head - 1)..end_of(head - 1),
                    };
                    self.layout.replace_lines(range, lines)
                })
            })
            .collect();
        Ok(Some(self.plan_at(place, candidates, Kind::Set(tree))))
    }

    fn remove_key(&self, route: &Route) -> Planned {
        let (parent, index, value) = match self.target(route)? {
            Target::Missing { .. } => return Ok(None),
            Target::Present {
                parent,
                index,
                value,
            } => (parent, index, value),
        };
        let entries = parent.node.as_map().unwrap_or_default();
        let key = entries[index].0.span.range();
        if entries.len() == 1 {
            return Err(self.unsupported(key, "the only key of its mapping cannot be removed"));
        }
        let ends = self
            .layout
            .removal_ends(value.from, value.node, value.column);
        let candidates = ends.map(|end| {
            if self.layout.indent(key.start).is_some() {
                let range = self.layout.line_start(key.start)..end;
                return self.layout.replace_lines(range, &[]);
            }
            // The key stands behind a dash: what follows moves up to it.
            let rest = self.layout.source[end..].trim_start();
            let range = key.start..self.layout.source.len() - rest.len();
            Splice {
                range,
                text: String::new(),
            }
        });
        Ok(Some(self.plan_at(
            &parent,
            candidates.into(),
            Kind::RemoveKey(index),
        )))
    }

    fn append(&self, list: &Route, items: &[Tree]) -> Planned {
        if items.is_empty() {
            return Ok(None);
        }
        let tree = Tree::List(items.to_vec());
        let place = match self.target(list)? {
            Target::Missing { parent, key } => return self.insert_key(parent, &key, &tree),
            Target::Present { value, .. } => value,
        };
        match &place.node.value {
            Value::Seq(old) if !old.is_empty() => self.append_behind(&place, old, items),
            Value::Seq(_) => self.append_first(&place, tree),
            Value::Scalar(_) if place.node.is_null() => self.append_first(&place, tree),
            _ => Err(self.route_error(place.node.span.range(), "not a list".to_owned())),
        }
    }

    fn append_first(&self, place: &Place<'_>, tree: Tree) -> Planned {
        let lines = indented(emit_lines(&tree), place.column + 2);
        self.replaced(place, &[Written::below(lines)], tree)
    }

    fn append_behind(&self, place: &Place<'_>, old: &[Node<'_>], items: &[Tree]) -> Planned {
        if place.node.is_flow() {
            let message = "a list in brackets that is not empty";
            return Err(self.unsupported(place.node.span.range(), message));
        }
        let dashes = self.own_lines(place, old)?;
        let last = old.len() - 1;
        let apart = last > 0 && self.set_apart(dashes[last], &old[last - 1]);
        let column = self.layout.column(dashes[0]);
        let item_lines =
            |item: &Tree| indented(emit_lines(&Tree::List(vec![item.clone()])), column);
        let together: Vec<String> = items.iter().flat_map(item_lines).collect();
        let mut forms = vec![together];
        if apart {
            let blank = std::iter::once(String::new());
            let lines = |item: &Tree| blank.clone().chain(item_lines(item));
            forms.insert(0, items.iter().flat_map(lines).collect());
        }
        let ends = self.layout.behind(dashes[last] + 1, &old[last]);
        let splice = |lines: &Vec<String>, end: usize| self.layout.replace_lines(end..end, lines);
        let candidates = forms
            .iter()
            .flat_map(|lines| ends.iter().map(|end| splice(lines, *end)))
            .collect();
        Ok(Some(self.plan_at(
            place,
            candidates,
            Kind::Append(items.to_vec()),
        )))
    }

    /// Whether a blank line stands between an item and the dash of the next one.
    fn set_apart(&self, dash: usize, before: &Node<'_>) -> bool {
        let gap = &self.layout.source[before.span.range().end..dash];
        let start = gap.find('\n').map_or(gap.len(), |newline| newline + 1);
        gap[start..]
            .lines()
            .rev()
            .skip(1)
            .any(|line| line.trim().is_empty())
            || gap[start..].lines().count() > 1 && gap[start..].starts_with(['\n', '\r'])
    }

    fn remove_item(&self, route: &Route) -> Planned {
        let (parents, last) = match route.0.split_last() {
            Some((last @ Step::Item { .. }, parents)) => (parents, last),
            _ => {
                let message = "the route does not end with an item".to_owned();
                return Err(self.route_error(0..0, message));
            }
        };
        let list = self.walk(parents)?;
        let item = self.step(&list, last)?;
        let old = list.node.as_seq().unwrap_or_default();
        let index = item.path.last().copied().unwrap_or_default();
        let change = Kind::RemoveItem(index);
        if old.len() == 1 {
            let empty = Written {
                inline: "[]".to_owned(),
                lines: vec![],
            };
            let candidates = self.written(&list, &empty)?;
            return Ok(Some(self.plan_at(&list, candidates, change)));
        }
        let dashes = self.own_lines(&list, old)?;
        let column = self.layout.column(dashes[index]);
        let start = self.layout.line_start(dashes[index]);
        let ends = self
            .layout
            .removal_ends(dashes[index] + 1, &old[index], column);
        let candidates = ends.map(|end| self.layout.replace_lines(start..end, &[]));
        Ok(Some(self.plan_at(&list, candidates.into(), change)))
    }

    /// The dashes of a list whose first item has a line of its own.
    fn own_lines(&self, place: &Place<'_>, items: &[Node<'_>]) -> Result<Vec<usize>, EditError> {
        let dashes = self.layout.dashes(place.from, items);
        match dashes.first() {
            Some(first) if self.layout.indent(*first).is_some() => Ok(dashes),
            _ => {
                let span = place.node.span.range();
                Err(self.unsupported(span, "a list that begins on the line of another"))
            }
        }
    }

    /// A new key behind the best neighbour; the others follow as further candidates.
    fn insert_key(&self, parent: Place<'_>, key: &str, value: &Tree) -> Planned {
        let entries = parent.node.as_map().unwrap_or_default();
        let Some((first, _)) = entries.first() else {
            return Err(self.unsupported(parent.node.span.range(), "an empty mapping"));
        };
        let lines = emit_lines(&Tree::Map(vec![(key.to_owned(), value.clone())]));
        let lines = indented(lines, self.layout.column(first.span.range().start));
        let mut candidates = vec![];
        for index in self.neighbours(parent.node, key) {
            let (neighbour, value) = &entries[index];
            let ends = self
                .layout
                .behind(self.layout.after_colon(neighbour), value);
            candidates.extend(
                ends.into_iter()
                    .map(|end| self.layout.replace_lines(end..end, &lines)),
            );
        }
        let change = Kind::InsertKey(key.to_owned(), value.clone());
        Ok(Some(self.plan_at(&parent, candidates, change)))
    }

    /// At most four entries behind which a new key could go, best first.
    fn neighbours(&self, parent: &Node<'_>, key: &str) -> Vec<usize> {
        let entries = parent.as_map().unwrap_or_default();
        let rank = |key: &str| self.order.iter().position(|name| *name == key);
        let mut found = vec![];
        if let Some(own) = rank(key) {
            let before = |index: &usize| rank(&entries[*index].0.text).is_some_and(|r| r < own);
            let nearest = (0..entries.len()).filter(before);
            found.extend(nearest.max_by_key(|index| rank(&entries[*index].0.text)));
        }
        let is_block =
            |index: &usize| matches!(entries[*index].1.style, Style::Literal | Style::Folded);
        found.extend(
            (0..entries.len())
                .rev()
                .filter(|index| !is_block(index))
                .take(2),
        );
        found.extend((0..entries.len()).rev().filter(is_block).take(2));
        found
    }

    fn replaced(&self, place: &Place<'_>, forms: &[Written], tree: Tree) -> Planned {
        let written: Vec<_> = forms.iter().map(|form| self.written(place, form)).collect();
        if let Some(Err(error)) = written.iter().find(|_| written.iter().all(Result::is_err)) {
            return Err(error.clone());
        }
        let candidates = written.into_iter().flatten().flatten().collect();
        Ok(Some(self.plan_at(place, candidates, Kind::Set(tree))))
    }

    /// The splices that put `new` in the place of a key's value.
    fn written(&self, place: &Place<'_>, new: &Written) -> Result<Vec<Splice>, EditError> {
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

    fn plan_at(&self, place: &Place<'_>, mut candidates: Vec<Splice>, kind: Kind) -> Plan {
        candidates.dedup();
        let change = Change {
            path: place.path.clone(),
            kind,
        };
        Plan {
            candidates,
            change,
            at: place.node.span.range().start,
        }
    }

    fn target(&self, route: &Route) -> Result<Target<'s>, EditError> {
        let (key, parents) = match route.0.split_last() {
            Some((Step::Key(key), parents)) => (key, parents),
            _ => {
                let message = "the route does not end with a key".to_owned();
                return Err(self.route_error(0..0, message));
            }
        };
        let parent = self.walk(parents)?;
        let Some(entries) = parent.node.as_map() else {
            return Err(self.route_error(parent.node.span.range(), "not a mapping".to_owned()));
        };
        if parent.node.is_flow() {
            let span = parent.node.span.range();
            return Err(self.unsupported(span, "a mapping in braces cannot be edited"));
        }
        match entries.iter().position(|(found, _)| found.text == *key) {
            Some(index) => {
                let value = self.entry(&parent, index);
                Ok(Target::Present {
                    parent,
                    index,
                    value,
                })
            }
            None => Ok(Target::Missing {
                parent,
                key: key.clone(),
            }),
        }
    }

    fn walk(&self, steps: &[Step]) -> Result<Place<'s>, EditError> {
        let root = Place {
            node: self.root,
            from: 0,
            column: 0,
            path: vec![],
        };
        steps
            .iter()
            .try_fold(root, |place, step| self.step(&place, step))
    }

    fn step(&self, place: &Place<'s>, step: &Step) -> Result<Place<'s>, EditError> {
        let span = place.node.span.range();
        if place.node.is_flow() && (place.node.as_map().is_some() || !is_empty(place.node)) {
            return Err(self.unsupported(
                span,
                "written in brackets or braces, which cannot be edited",
            ));
        }
        match step {
            Step::Key(key) => {
                let entries = place.node.as_map().unwrap_or_default();
                match entries.iter().position(|(found, _)| found.text == *key) {
                    Some(index) => Ok(self.entry(place, index)),
                    None => Err(self.no_key(place.node, key)),
                }
            }
            Step::Item { field, value } => self.item(place, field, value),
        }
    }

    fn entry(&self, parent: &Place<'s>, index: usize) -> Place<'s> {
        let node: &'s Node<'s> = parent.node;
        let (key, value) = &node.as_map().unwrap_or_default()[index];
        let mut path = parent.path.clone();
        path.push(index);
        let column = self.layout.column(key.span.range().start);
        Place {
            node: value,
            from: self.layout.after_colon(key),
            column,
            path,
        }
    }

    fn item(&self, list: &Place<'s>, field: &str, value: &str) -> Result<Place<'s>, EditError> {
        let span = list.node.span.range();
        let items: &'s [Node<'s>] = list.node.as_seq().unwrap_or_default();
        let is_it = |item: &&Node<'_>| item.get(field).and_then(Node::as_str) == Some(value);
        let mut matches = items.iter().enumerate().filter(|(_, item)| is_it(item));
        let (Some((index, node)), another) = (matches.next(), matches.next()) else {
            let message = format!("no item has the {field} `{}`", value.escape_debug());
            return Err(self.route_error(span, message));
        };
        if let Some((_, another)) = another {
            let message = format!("a second item has the {field} `{}`", value.escape_debug());
            return Err(self.route_error(another.span.range(), message));
        }
        let mut path = list.path.clone();
        path.push(index);
        // Items are never replaced as values: where their dash ends is not needed.
        Ok(Place {
            node,
            from: node.span.range().start,
            column: 0,
            path,
        })
    }

    fn no_key(&self, node: &Node<'_>, key: &str) -> EditError {
        let entries = node.as_map().unwrap_or_default();
        let at = entries
            .first()
            .map_or(node.span, |(first, _)| first.span)
            .range();
        let error = SyntaxError::new(
            self.layout.source,
            at,
            format!("no key `{}`", key.escape_debug()),
        );
        let near = closest(key, entries.iter().map(|(found, _)| &*found.text));
        EditError::Route(match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }

    fn route_error(&self, span: Range<usize>, message: String) -> EditError {
        EditError::Route(SyntaxError::new(self.layout.source, span, message))
    }

    fn unsupported(&self, span: Range<usize>, message: &str) -> EditError {
        let error = SyntaxError::new(self.layout.source, span, message);
        EditError::Unsupported(error.hint("write it in block style, or edit the file by hand"))
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    node.as_seq().is_some_and(<[_]>::is_empty)
}

/// Whether a scalar is text by itself, not a number that could be read as one.
fn is_text(node: &Node<'_>) -> bool {
    matches!(Tree::from(node), Tree::Text(_))
}

/// The lines of a list of texts: canonical, and with each item on one line, for places where a
/// literal block would take a comment below it for its own.
fn list_forms(items: &[String], indent: usize) -> [Vec<String>; 2] {
    let trees: Vec<Tree> = items.iter().map(|item| Tree::from(item.as_str())).collect();
    let on_one_line = trees
        .iter()
        .map(|tree| format!("- {}", emit_scalar(tree, Context::Block)));
    let on_one_line = on_one_line.collect();
    let canonical = if trees.is_empty() {
        vec![]
    } else {
        emit_lines(&Tree::List(trees))
    };
    [indented(canonical, indent), indented(on_one_line, indent)]
}

fn indented(lines: Vec<String>, indent: usize) -> Vec<String> {
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
