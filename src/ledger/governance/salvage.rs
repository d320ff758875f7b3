//! Reading a damaged file as far as it goes: a value of the wrong shape is noted, taken out, and
//! the rest is read again, until it reads or nothing is left. So one typo hides no other.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::point;
use crate::domain::id::TaskId;
use crate::domain::rules::{ListKind, Planned, Unread, Written};
use crate::domain::task::Task;
use crate::ledger::finding::Finding;
use crate::ledger::format::problem::Problem;
use crate::ledger::format::v1::queue::{QueueFile, TaskEntry};
use crate::ledger::format::{self, File, ReadError};
use crate::ledger::read::{problem_at, shape_at};
use crate::ledger::yaml::{
    self, Key, Limits, LineIndex, Node, ShapeError, Subject, SyntaxError, Value,
};

/// Most bad values that are taken out of one value; a file with more is read in rounds by people.
const ROUNDS: usize = 64;

/// What was wrong with a value.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    /// Everything found.
    pub(super) findings: Vec<Finding>,
    /// Whether some of it is about keys and types, so that the JSON Schema may know more.
    pub(super) misshapen: bool,
}

impl Complaints {
    fn problems(&mut self, index: &LineIndex<'_>, node: &Node<'_>, problems: Vec<Problem>) {
        let found = problems.into_iter();
        self.findings
            .extend(found.map(|problem| problem_at(index, node, problem)));
    }
}

/// Reads a file; a value only if nothing is wrong with it.
pub(super) fn file<F: File>(source: &str, node: &Node<'_>) -> Result<F::Domain, Complaints> {
    match format::read::<F, _>(node) {
        Ok(value) => Ok(value),
        // Lines are counted only where there is something to tell.
        Err(_) => Err(complaints::<F>(&LineIndex::new(source), node)),
    }
}

fn complaints<F: File>(index: &LineIndex<'_>, node: &Node<'_>) -> Complaints {
    let mut complaints = Complaints::default();
    let mut repair = Repair::new(node);
    loop {
        match format::read::<F, _>(&*repair.node) {
            Ok(_) => return complaints,
            Err(ReadError::Version(problem)) => {
                complaints.problems(index, node, vec![problem]);
                return complaints;
            }
            Err(ReadError::Meaning(problems)) => {
                complaints.problems(index, &repair.node, problems);
                return complaints;
            }
            Err(ReadError::Shape(error)) => {
                if !repair.next(index, error, &mut complaints) {
                    return complaints;
                }
            }
        }
    }
}

/// A list at the top of a file, and the key by which its entries are named.
pub(super) type Named = (ListKind, &'static str, &'static str);

/// What a file of lists says, as far as it reads.
#[derive(Debug)]
pub(super) struct Lists<T> {
    /// Its value without the entries that do not read; none where something else does not.
    pub(super) value: Option<T>,
    /// The entries that do not.
    pub(super) unread: BTreeMap<ListKind, Unread>,
    /// What is wrong.
    pub(super) complaints: Complaints,
}

/// Reads a file of which an entry that is wrong hides no other: it is left out as a whole, since
/// half of what it says may mean something else.
pub(super) fn lists<F: File>(source: &str, node: &Node<'_>, lists: &[Named]) -> Lists<F::Domain> {
    let mut read = Lists {
        value: None,
        unread: BTreeMap::new(),
        complaints: Complaints::default(),
    };
    match format::read::<F, _>(node) {
        Ok(value) => read.value = Some(value),
        Err(ReadError::Version(_)) => {
            read.complaints = complaints::<F>(&LineIndex::new(source), node);
        }
        Err(ReadError::Shape(_) | ReadError::Meaning(_)) => {
            read.complaints = complaints::<F>(&LineIndex::new(source), node);
            let wrong = read.complaints.findings.iter();
            let wrong: Vec<usize> = wrong.map(|finding| finding.span.start).collect();
            let rest = without(node, lists, &wrong, &mut read.unread);
            read.value = format::read::<F, _>(&rest).ok();
        }
    }
    read
}

/// The document without the entries of `lists` in which something is wrong.
fn without<'a>(
    node: &Node<'a>,
    lists: &[Named],
    wrong: &[usize],
    unread: &mut BTreeMap<ListKind, Unread>,
) -> Node<'a> {
    let mut rest = node.clone();
    let Value::Map(entries) = &mut rest.value else {
        return rest;
    };
    for (kind, list, name) in lists {
        let entry = entries.iter_mut().find(|(key, _)| key.text == *list);
        let Some((
            _,
            Node {
                value: Value::Seq(items),
                ..
            },
        )) = entry
        else {
            continue;
        };
        let (bad, good): (Vec<Node<'_>>, Vec<Node<'_>>) = std::mem::take(items)
            .into_vec()
            .into_iter()
            .partition(|item| {
                let range = item.span.range();
                wrong
                    .iter()
                    .any(|at| (range.start..=range.end).contains(at))
            });
        *items = good.into_boxed_slice();
        for item in bad {
            let unread = unread.entry(*kind).or_default();
            match item.get(name).and_then(Node::as_str) {
                Some(name) => drop(unread.names.insert(name.to_owned())),
                None => unread.nameless = true,
            }
        }
    }
    rest
}

/// What a plan file says, as far as it reads.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The tasks that read.
    pub(super) tasks: Vec<Planned>,
    /// The ids of those that do not.
    pub(super) damaged: Vec<TaskId>,
    /// Whether an entry has no id: it may be any task.
    pub(super) nameless: bool,
    /// Whether there may be more tasks than entries.
    pub(super) broken: bool,
    /// What is wrong.
    pub(super) complaints: Complaints,
}

/// Reads a plan file, one task at a time: a plan may be long (P23). `as_written` keeps what policy
/// asks about keys and notes.
///
/// # Errors
/// Where it is no YAML; nothing else of it is told then.
pub(super) fn plan(source: &str, limits: Limits, as_written: bool) -> Result<Plan, SyntaxError> {
    let index = LazyCell::new(|| LineIndex::new(source));
    let mut plan = Plan::default();
    let mut items = 0..;
    let frame = yaml::parse_items(source, limits, QueueFile::ITEMS, |entry| {
        let item = items.next().unwrap_or_default();
        plan.take(&index, item, &entry, as_written);
    })?;
    match format::read::<QueueFile, _>(&frame) {
        Ok(_) => {}
        Err(ReadError::Version(problem)) => {
            // Nothing else of it is looked at (P31).
            plan = Plan {
                broken: true,
                ..Plan::default()
            };
            plan.complaints.problems(&index, &frame, vec![problem]);
        }
        Err(ReadError::Shape(_) | ReadError::Meaning(_)) => {
            plan.broken |= frame.get("tasks").and_then(Node::as_seq).is_none();
            let mut complaints = complaints::<QueueFile>(&index, &frame);
            complaints.misshapen |= plan.complaints.misshapen;
            complaints.findings.append(&mut plan.complaints.findings);
            plan.complaints = complaints;
        }
    }
    Ok(plan)
}

impl Plan {
    /// Reads the task `item` (from 0).
    fn take<'s>(
        &mut self,
        index: &LazyCell<LineIndex<'s>, impl FnOnce() -> LineIndex<'s>>,
        item: usize,
        entry: &Node<'_>,
        as_written: bool,
    ) {
        match task(index, entry) {
            Ok(task) => self.tasks.push(Planned {
                item,
                task: Arc::new(task),
                written: as_written.then(|| written(entry)),
            }),
            Err(complaints) => {
                let id = entry.get("id").and_then(Node::as_str);
                match id.map(TaskId::new) {
                    Some(Ok(id)) => self.damaged.push(id),
                    Some(Err(_)) => {}
                    None => self.nameless = true,
                }
                self.complaints.misshapen |= complaints.misshapen;
                self.complaints.findings.extend(complaints.findings);
            }
        }
    }
}

fn task<'s>(
    index: &LazyCell<LineIndex<'s>, impl FnOnce() -> LineIndex<'s>>,
    node: &Node<'_>,
) -> Result<Task, Complaints> {
    let mut complaints = Complaints::default();
    let mut repair = Repair::new(node);
    loop {
        match yaml::from_node::<TaskEntry>(&repair.node) {
            Ok(entry) => match entry.into_domain() {
                Ok(task) if complaints.findings.is_empty() => return Ok(task),
                Ok(_) => return Err(complaints),
                Err(problems) => {
                    complaints.problems(index, &repair.node, problems);
                    return Err(complaints);
                }
            },
            Err(error) => {
                if !repair.next(index, error, &mut complaints) {
                    return Err(complaints);
                }
            }
        }
    }
}

fn written(entry: &Node<'_>) -> Written {
    let entries = entry.as_map().unwrap_or_default();
    let told = entries.iter().filter(|(_, value)| !value.is_null());
    Written {
        keys: told.map(|(key, _)| key.text.to_string()).collect(),
        notes: entry.get("notes").and_then(Node::as_str).map(str::to_owned),
    }
}

/// A document out of which bad values are taken one after the other.
struct Repair<'n, 'a> {
    node: Cow<'n, Node<'a>>,
    /// Where the mapping of each key begins that was taken out, and the key with its place.
    taken: Vec<(u32, String, Range<usize>)>,
    rounds: usize,
}

impl<'n, 'a> Repair<'n, 'a> {
    fn new(node: &'n Node<'a>) -> Self {
        Self {
            node: Cow::Borrowed(node),
            taken: Vec::new(),
            rounds: 0,
        }
    }

    /// Notes the error and takes its value out; false when nothing is left to read.
    fn next(
        &mut self,
        index: &LineIndex<'_>,
        mut error: ShapeError,
        complaints: &mut Complaints,
    ) -> bool {
        complaints.misshapen = true;
        self.rounds += 1;
        let span = error.span.clone().unwrap_or(0..0);
        let subject = error.subject;
        let cut = find(&self.node, &span, subject);
        let start = cut.as_ref().map_or(self.node.span.start, |cut| cut.start);
        // A key that was taken out is missing now, which is no news.
        let known = match subject {
            Subject::Missing(key) => {
                let here = self.taken.iter().filter(|(above, ..)| *above == start);
                // The mapping begins where it did, whatever was taken out of it.
                let first = here.clone().map(|(_, _, place)| place.clone());
                error.span = first.chain(error.span).min_by_key(|place| place.start);
                here.into_iter().any(|(_, taken, _)| taken == key)
            }
            Subject::Key | Subject::Value => false,
        };
        if !known {
            complaints.findings.push(shape_at(index, error));
        }
        let Some(cut) = cut else { return false };
        if let Some((key, place)) = cut.key {
            self.taken.push((cut.parent, key, place));
        }
        self.rounds < ROUNDS && remove(self.node.to_mut(), &cut.path)
    }
}

/// A value to take out.
#[derive(Debug, Clone)]
struct Cut {
    /// The way to it: numbers of entries and items.
    path: Vec<usize>,
    /// Where it begins.
    start: u32,
    /// Where the collection above begins, and the key there with its place.
    parent: u32,
    key: Option<(String, Range<usize>)>,
}

/// The value to take out for an error at `span`: an entry by its key, or a value. The root is
/// none: without it nothing is left.
fn find(root: &Node<'_>, span: &Range<usize>, subject: Subject) -> Option<Cut> {
    let hit = |key: Option<&Key<'_>>, value: &Node<'_>| match subject {
        Subject::Key => key.is_some_and(|key| key.span.range() == *span),
        Subject::Value | Subject::Missing(_) => point::beginning(value) == *span,
    };
    let mut open = vec![(root, Vec::new())];
    while let Some((above, path)) = open.pop() {
        let children: Vec<(Option<&Key<'_>>, &Node<'_>)> = match &above.value {
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| (Some(key), value))
                .collect(),
            Value::Seq(items) => items.iter().map(|item| (None, item)).collect(),
            Value::Scalar(_) => continue,
        };
        for (at, (key, value)) in children.into_iter().enumerate() {
            // Spans nest: what does not hold the place is not searched.
            let mut path = path.clone();
            path.push(at);
            if hit(key, value) {
                return Some(Cut {
                    path,
                    start: value.span.start,
                    parent: above.span.start,
                    key: key.map(|key| (key.text.to_string(), key.span.range())),
                });
            }
            let range = value.span.range();
            if range.start <= span.start && span.start <= range.end {
                open.push((value, path));
            }
        }
    }
    None
}

fn remove(node: &mut Node<'_>, path: &[usize]) -> bool {
    let Some((last, above)) = path.split_last() else {
        return false;
    };
    let mut node = node;
    for at in above {
        node = match &mut node.value {
            Value::Map(entries) => match entries.get_mut(*at) {
                Some((_, value)) => value,
                None => return false,
            },
            Value::Seq(items) => match items.get_mut(*at) {
                Some(item) => item,
                None => return false,
            },
            Value::Scalar(_) => return false,
        };
    }
    match &mut node.value {
        Value::Map(entries) if *last < entries.len() => {
            let mut rest = std::mem::take(entries).into_vec();
            rest.remove(*last);
            *entries = rest.into_boxed_slice();
            true
        }
        Value::Seq(items) if *last < items.len() => {
            let mut rest = std::mem::take(items).into_vec();
            rest.remove(*last);
            *items = rest.into_boxed_slice();
            true
        }
        _ => false,
    }
}
