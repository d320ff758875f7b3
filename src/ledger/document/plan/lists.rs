//! Edits of lists.

use super::super::edit::{Route, Step};
use super::super::error::EditError;
use super::super::layout::Fit;
use super::super::verify::Kind;
use super::place::{Place, Target};
use super::write::{Written, indented};
use super::{Planned, Planner};
use crate::ledger::yaml::{Context, Node, Style, Tree, Value, emit_lines, emit_scalar};

impl<'s> Planner<'s> {
    pub(super) fn set_list(&self, route: &Route, items: &[String]) -> Planned {
        let tree = Tree::texts(items.iter().map(String::as_str));
        let place = match self.target(route)? {
            Target::Missing { parent, key } => return self.insert_key(&parent, &key, &tree),
            Target::Present { value, .. } => value,
        };
        if Tree::from(place.node) == tree {
            return Ok(None);
        }
        match (&place.node.value, place.node.style) {
            (Value::Seq(old), Style::Flow) => {
                let inline = self.bracketed(place.node, old, items)?;
                self.replaced(&place, &[Written::inline(inline)], tree)
            }
            (Value::Seq(old), _) if !items.is_empty() => {
                self.change_lines(&place, old, items, tree)
            }
            _ if items.is_empty() => {
                self.replaced(&place, &[Written::inline("[]".to_owned())], tree)
            }
            _ => {
                let forms = list_forms(items, place.column + 2).map(Written::below);
                self.replaced(&place, &forms, tree)
            }
        }
    }

    pub(super) fn append(&self, list: &Route, items: &[Tree]) -> Planned {
        if items.is_empty() {
            return Ok(None);
        }
        let tree = Tree::List(items.to_vec());
        let place = match self.target(list)? {
            Target::Missing { parent, key } => return self.insert_key(&parent, &key, &tree),
            Target::Present { value, .. } => value,
        };
        match &place.node.value {
            Value::Seq(old) if !old.is_empty() => self.append_behind(&place, old, items),
            Value::Seq(_) => self.append_first(&place, tree),
            Value::Scalar(_) if place.node.is_null() => self.append_first(&place, tree),
            _ => Err(self.route_error(place.node.span.range(), "not a list".to_owned())),
        }
    }

    pub(super) fn remove_item(&self, route: &Route) -> Planned {
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
            let candidates = self.written(&list, &Written::inline("[]".to_owned()))?;
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

    /// A list in brackets; items that stay are copied with their quotes.
    fn bracketed(
        &self,
        node: &Node<'_>,
        old: &[Node<'_>],
        items: &[String],
    ) -> Result<String, EditError> {
        let source = self.layout.source;
        let span = node.span.range();
        let starts = old
            .iter()
            .map(|item| item.span.range().start)
            .chain([span.end]);
        let ends = [span.start]
            .into_iter()
            .chain(old.iter().map(|item| item.span.range().end));
        if ends
            .zip(starts)
            .any(|(end, start)| source[end..start].contains('#'))
        {
            return Err(self.unsupported(span, "a list in brackets with comments inside"));
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
        let column = self.layout.column(dashes[0]);
        let item_lines =
            |item: &Tree| indented(emit_lines(&Tree::List(vec![item.clone()])), column);
        let together: Vec<String> = items.iter().flat_map(item_lines).collect();
        let mut forms = vec![together];
        if self.set_apart(&dashes, old) {
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

    /// Whether a blank line stands between the last two items.
    fn set_apart(&self, dashes: &[usize], items: &[Node<'_>]) -> bool {
        let [.., before, last] = dashes else {
            return false;
        };
        let end = self
            .layout
            .end(before + 1, &items[items.len() - 2], Fit::Tight);
        let gap = &self.layout.source[end..self.layout.line_start(*last).max(end)];
        gap.lines().any(|line| line.trim().is_empty())
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
