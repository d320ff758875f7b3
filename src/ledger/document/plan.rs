//! From an edit to the splices that could make it.

mod lists;
mod place;
mod write;

use crate::ledger::yaml::{
    Context, Node, Style, Tree, double_quoted, emit_lines, emit_scalar, literal_block,
    single_quoted,
};

use super::edit::{Edit, Route};
use super::error::EditError;
use super::layout::{Layout, Splice};
use super::verify::{Change, Kind};
use place::{Place, Target};
use write::{Written, indented};

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
            Target::Missing { parent, key } => return self.insert_key(&parent, &key, value),
            Target::Present { value, .. } => value,
        };
        if Tree::from(place.node) == *value {
            return Ok(None);
        }
        let mut forms = vec![];
        if let Tree::Text(text) = value
            && let Some(block) = literal_block(text)
        {
            let lines = block.lines.iter().map(|line| (*line).to_owned()).collect();
            let lines = indented(lines, place.column + 2);
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
        forms.push(Written::inline(inline));
        self.replaced(&place, &forms, value.clone())
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

    /// A new key behind the best neighbour; the others follow as further candidates.
    fn insert_key(&self, parent: &Place<'_>, key: &str, value: &Tree) -> Planned {
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
        Ok(Some(self.plan_at(parent, candidates, change)))
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
}
