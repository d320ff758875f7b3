use crate::ledger::yaml::Tree;

/// One step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The value under a key of a mapping.
    Key(String),
    /// The one item of a list of mappings whose `field` has the text `value`.
    Item {
        /// The identifying key, such as `id` or `name`.
        field: String,
        /// Its text, unquoted.
        value: String,
    },
    /// The item of a list at this place, from 0.
    Nth(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<(&str, &str)> for Step {
    fn from((field, value): (&str, &str)) -> Self {
        Self::Item {
            field: field.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// The way from the root of a document to a value: `tasks`, the item with id `A-1`, `priority`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route(pub Vec<Step>);

impl Route {
    /// The value under a key of the root.
    #[must_use]
    pub fn key(key: &str) -> Self {
        Self(vec![key.into()])
    }

    /// The task with `id` in a plan document.
    #[must_use]
    pub fn task(id: &str) -> Self {
        Self::key("tasks").then(("id", id))
    }

    /// One step further.
    #[must_use]
    pub fn then(mut self, step: impl Into<Step>) -> Self {
        self.0.push(step.into());
        self
    }
}

/// A value on one line, or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atom {
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Int(i64),
    /// Text; it is quoted, or made a literal block, so that it reads back as exactly this.
    Text(String),
}

impl From<Atom> for Tree {
    fn from(atom: Atom) -> Self {
        match atom {
            Atom::Bool(value) => Self::Bool(value),
            Atom::Int(value) => Self::Int(value),
            Atom::Text(text) => Self::Text(text),
        }
    }
}

/// A change of a document.
///
/// No edit works inside flow collections (`{id: A, …}`, `[…]`): such a place is refused with its
/// position. When something is removed, comments above it stay; those on its lines, and those
/// below it that are indented deeper, go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Sets the value of a key, which may be missing from its mapping (not the mapping itself).
    /// The quotes around the old value, and the comment behind it, are kept. Any old value is
    /// replaced whole.
    ///
    /// Unsupported: items of lists; a comment between a key and a value on a later line.
    SetScalar {
        /// Ends with a key.
        route: Route,
        /// The new value.
        value: Atom,
    },
    /// Sets a list of texts. A block list keeps the lines of the items that stay at its beginning
    /// and end; a list in brackets stays in brackets, items that stay keep their quotes. A new
    /// list is a block list.
    ///
    /// Unsupported: a list in brackets with comments inside.
    SetList {
        /// Ends with a key, which may be missing from its mapping.
        route: Route,
        /// All items of the new list.
        items: Vec<String>,
    },
    /// Removes a key with its value. A key that is not there is no error.
    ///
    /// Unsupported: the only key of a mapping.
    RemoveKey {
        /// Ends with a key.
        route: Route,
    },
    /// Appends tasks, rendered in canonical form, to the root's `tasks`.
    ///
    /// Unsupported: a non-empty list in brackets.
    AppendTasks {
        /// The tasks as mappings.
        tasks: Vec<Tree>,
    },
    /// Removes a task; the last one leaves `tasks: []`.
    ///
    /// Unsupported: a list in brackets.
    RemoveTask {
        /// The id of the task.
        id: String,
    },
    /// Appends items to a list, which may be missing, empty, or null. Items are set apart by a
    /// blank line if the last two are.
    ///
    /// Unsupported: a non-empty list in brackets; the first line of a list inside a list.
    AppendItems {
        /// Ends with a key.
        list: Route,
        /// The new items.
        items: Vec<Tree>,
    },
    /// Removes an item of a list; the last one leaves `[]`.
    ///
    /// Unsupported: a list in brackets; the first line of a list inside a list.
    RemoveItem {
        /// Ends with an item.
        item: Route,
    },
}
