use crate::ledger::yaml::{Node, Style, Tree, Value};

/// What an edit should do to the model of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Indices of entries and items from the root to the changed node.
    pub path: Vec<usize>,
    /// What happens there.
    pub kind: Kind,
}

/// What happens to one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// It becomes this value.
    Set(Tree),
    /// The mapping gets one more key, anywhere.
    InsertKey(String, Tree),
    /// The mapping loses the entry at this index.
    RemoveKey(usize),
    /// The list (or null) gets these items at its end.
    Append(Vec<Tree>),
    /// The list loses the item at this index.
    RemoveItem(usize),
}

/// Whether `new` is `old` with exactly `change` applied.
pub(super) fn is_change(old: &Node<'_>, new: &Node<'_>, change: &Change) -> bool {
    follow(old, new, &change.path, &change.kind)
}

fn follow(old: &Node<'_>, new: &Node<'_>, path: &[usize], kind: &Kind) -> bool {
    let Some((step, rest)) = path.split_first() else {
        return changed(old, new, kind);
    };
    match (&old.value, &new.value) {
        (Value::Seq(old), Value::Seq(new)) if old.len() == new.len() => {
            old.iter().zip(new).enumerate().all(|(at, (old, new))| {
                if at == *step {
                    follow(old, new, rest, kind)
                } else {
                    same(old, new)
                }
            })
        }
        (Value::Map(old), Value::Map(new)) if old.len() == new.len() => old
            .iter()
            .zip(new)
            .enumerate()
            .all(|(at, ((old_key, old), (new_key, new)))| {
                let below = if at == *step {
                    follow(old, new, rest, kind)
                } else {
                    same(old, new)
                };
                old_key.text == new_key.text && below
            }),
        _ => false,
    }
}

fn changed(old: &Node<'_>, new: &Node<'_>, kind: &Kind) -> bool {
    match kind {
        Kind::Set(tree) => Tree::from(new) == *tree,
        Kind::InsertKey(key, tree) => {
            let (Some(old), Some(entries)) = (old.as_map(), new.as_map()) else {
                return false;
            };
            let Some(at) = entries.iter().position(|(found, _)| found.text == *key) else {
                return false;
            };
            let others = entries[..at].iter().chain(&entries[at + 1..]);
            Tree::from(&entries[at].1) == *tree
                && entries.len() == old.len() + 1
                && others.zip(old).all(|(new, old)| same_entry(old, new))
        }
        Kind::RemoveKey(at) => {
            let (Some(old), Some(new)) = (old.as_map(), new.as_map()) else {
                return false;
            };
            let others = old[..*at].iter().chain(&old[at + 1..]);
            old.len() == new.len() + 1 && others.zip(new).all(|(old, new)| same_entry(old, new))
        }
        Kind::Append(trees) => {
            let Some(items) = new.as_seq() else {
                return false;
            };
            let old = old.as_seq().unwrap_or_default();
            items.len() == old.len() + trees.len()
                && old.iter().zip(items).all(|(old, new)| same(old, new))
                && items[old.len()..]
                    .iter()
                    .zip(trees)
                    .all(|(new, tree)| Tree::from(new) == *tree)
        }
        Kind::RemoveItem(at) => {
            let (Some(old), Some(new)) = (old.as_seq(), new.as_seq()) else {
                return false;
            };
            let others = old[..*at].iter().chain(&old[at + 1..]);
            old.len() == new.len() + 1 && others.zip(new).all(|(old, new)| same(old, new))
        }
    }
}

type Entry<'a> = (crate::ledger::yaml::Key<'a>, Node<'a>);

fn same_entry(old: &Entry<'_>, new: &Entry<'_>) -> bool {
    old.0.text == new.0.text && same(&old.1, &new.1)
}

/// Whether two nodes hold the same values, keys in the same order.
fn same(old: &Node<'_>, new: &Node<'_>) -> bool {
    match (&old.value, &new.value) {
        (Value::Scalar(old_text), Value::Scalar(new_text)) => {
            let plain = |node: &Node<'_>| node.style == Style::Plain;
            old_text == new_text && plain(old) == plain(new)
        }
        (Value::Seq(old), Value::Seq(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same(old, new))
        }
        (Value::Map(old), Value::Map(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same_entry(old, new))
        }
        _ => false,
    }
}
