//! From a route to the value it means.

use std::ops::Range;

use super::super::edit::{Route, Step};
use super::super::error::EditError;
use super::Planner;
use crate::ledger::yaml::{Node, SyntaxError, closest};

/// A value and the way to it.
#[derive(Clone)]
pub(super) struct Place<'s> {
    pub(super) node: &'s Node<'s>,
    /// Behind the colon or dash in front of the value.
    pub(super) from: usize,
    /// Column of the key whose value this is; 0 for the root.
    pub(super) column: usize,
    pub(super) path: Vec<usize>,
}

/// Where a route that ends with a key leads.
pub(super) enum Target<'s> {
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

impl<'s> Planner<'s> {
    pub(super) fn target(&self, route: &Route) -> Result<Target<'s>, EditError> {
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

    pub(super) fn walk(&self, steps: &[Step]) -> Result<Place<'s>, EditError> {
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

    pub(super) fn step(&self, place: &Place<'s>, step: &Step) -> Result<Place<'s>, EditError> {
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
            Step::Nth(at) => match place.node.as_seq().and_then(|items| items.get(*at)) {
                Some(node) => Ok(nth(place, *at, node)),
                None => Err(self.route_error(span, format!("no item {}", at + 1))),
            },
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
        Ok(nth(list, index, node))
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

    pub(super) fn route_error(&self, span: Range<usize>, message: String) -> EditError {
        EditError::Route(SyntaxError::new(self.layout.source, span, message))
    }

    pub(super) fn unsupported(&self, span: Range<usize>, message: &str) -> EditError {
        let error = SyntaxError::new(self.layout.source, span, message);
        EditError::Unsupported(error.hint("write it in block style, or edit the file by hand"))
    }
}

fn nth<'s>(list: &Place<'s>, index: usize, node: &'s Node<'s>) -> Place<'s> {
    let mut path = list.path.clone();
    path.push(index);
    // Items are never replaced as values: where their dash ends is not needed.
    Place {
        node,
        from: node.span.range().start,
        column: 0,
        path,
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    node.as_seq().is_some_and(<[_]>::is_empty)
}
