//! The order of what two sides hold, by names: tasks, keys, items.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// The names that both sides leave of a list, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order<T> {
    /// What is left, each once.
    pub names: Vec<T>,
    /// Both sides moved what the base had, each in its way; the order is ours then.
    pub contested: bool,
}

/// Merges three lists without repetitions: what one side removed is gone, what one side added is
/// there, behind what it stands behind on that side. The order is ours unless only they moved
/// something.
pub(super) fn merge<T: Eq + Hash + Clone>(base: &[T], ours: &[T], theirs: &[T]) -> Order<T> {
    let sets = [base, ours, theirs].map(|list| list.iter().collect::<HashSet<_>>());
    let [in_base, in_ours, in_theirs] = &sets;
    let common = |list: &[T]| -> Vec<T> {
        let kept = |name: &&T| sets.iter().all(|set| set.contains(name));
        list.iter().filter(kept).cloned().collect()
    };
    let (was, we, they) = (common(base), common(ours), common(theirs));
    let (we_moved, they_moved) = (we != was, they != was);
    let stays =
        |name: &&T| !in_base.contains(name) || in_ours.contains(name) && in_theirs.contains(name);
    let (first, second) = if they_moved && !we_moved {
        (theirs, ours)
    } else {
        (ours, theirs)
    };
    let first: Vec<T> = first.iter().filter(stays).cloned().collect();
    let second: Vec<T> = second.iter().filter(stays).cloned().collect();
    Order {
        names: woven(&first, &second),
        contested: we_moved && they_moved && we != they,
    }
}

/// `first` with what only `second` has, each name behind its neighbour there, and behind what
/// only `first` has in that place.
pub(super) fn woven<T: Eq + Hash + Clone>(first: &[T], second: &[T]) -> Vec<T> {
    let in_first: HashSet<&T> = first.iter().collect();
    let in_second: HashSet<&T> = second.iter().collect();
    // New names by the one they follow, in order; none: at the front.
    let mut behind: HashMap<Option<&T>, Vec<&T>> = HashMap::new();
    let mut anchor = None;
    for name in second {
        if in_first.contains(name) {
            anchor = Some(name);
        } else {
            behind.entry(anchor).or_default().push(name);
        }
    }
    let mut names = Vec::with_capacity(first.len() + second.len());
    let mut waiting: Vec<&T> = behind.remove(&None).unwrap_or_default();
    for name in first {
        if in_second.contains(name) {
            names.extend(waiting.drain(..).cloned());
            waiting = behind.remove(&Some(name)).unwrap_or_default();
        }
        names.push(name.clone());
    }
    names.extend(waiting.into_iter().cloned());
    names
}
