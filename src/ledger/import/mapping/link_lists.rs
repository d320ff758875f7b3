//! Lists of links between entries, in the shapes that trackers write.

use serde_json::{Map, Value};

use super::waiting;
use crate::ledger::import::words;

/// Sorts of links, folded, that hold nothing up. Every sort that is not known is taken to hold
/// something up.
const LOOSE: [&str; 13] = [
    "related",
    "related_to",
    "relates_to",
    "duplicate",
    "duplicates",
    "duplicate_of",
    "duplicated_by",
    "discovered_from",
    "see_also",
    "references",
    "mentions",
    "supersedes",
    "superseded_by",
];

/// The same where links of every sort stand together.
const LOOSE_LINKS: [&str; 8] = [
    "relates",
    "is_related_to",
    "is_duplicated_by",
    "clones",
    "is_cloned_by",
    "child",
    "subtask",
    "parent_of",
];

/// Sorts of what must be done first.
const NEEDS: [&str; 8] = [
    "blocked",
    "blocked_by",
    "is_blocked_by",
    "depends_on",
    "waits_for",
    "waiting_for",
    "requires",
    "follows",
];

/// Sorts of what can be done only after.
const HOLDS: [&str; 7] = [
    "blocks",
    "blocking",
    "is_blocking",
    "is_depended_on_by",
    "is_required_by",
    "required_by",
    "precedes",
];

/// What a list was called in its source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Called {
    /// By a word for what must be done first: a link that names no sort is that.
    Needs,
    /// By a word for links of every sort: one that names none says nothing.
    Links,
    /// By a word for what can be done only after.
    Holds,
}

/// What a list of links says.
#[derive(Default)]
pub(super) struct Links {
    /// What must be done first.
    pub needs: Vec<String>,
    /// What can be done only after.
    pub holds: Vec<String>,
    /// What it is a part of.
    pub parent: Option<String>,
    /// Links that hold nothing up.
    pub loose: Vec<Value>,
    /// Whatever else it says: it may well hold something up.
    pub odd: Vec<Value>,
}

impl Links {
    pub(super) fn of(value: &Value, called: Called) -> Self {
        let mut links = Self::default();
        if let Some((items, unnamed)) = value.as_object().and_then(connected) {
            items.into_iter().for_each(|item| links.add(item, called));
            if unnamed > 0 {
                let told = format!("{unnamed} or more that the source does not name");
                links.odd.push(told.into());
            }
            return links;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| links.add(item, called)),
            Value::String(_) if called == Called::Links => links.loose.push(value.clone()),
            Value::String(_) => links.put(words::list(value), called),
            Value::Object(by_sort) if called == Called::Links && sort_of(by_sort).is_none() => {
                links.add_sorted(by_sort);
            }
            one => links.add(one, called),
        }
        links
    }

    fn put(&mut self, targets: Vec<String>, called: Called) {
        match called {
            Called::Needs => self.needs.extend(targets),
            Called::Holds => self.holds.extend(targets),
            Called::Links => {}
        }
    }

    fn add(&mut self, item: &Value, called: Called) {
        let Value::Object(link) = item else {
            match item {
                _ if called == Called::Links => self.loose.push(item.clone()),
                Value::String(_) | Value::Number(_) => {
                    self.put(words::text(item).into_iter().collect(), called);
                }
                Value::Null | Value::Bool(false) => {}
                Value::Bool(true) | Value::Array(_) | Value::Object(_) => {
                    self.odd.push(item.clone());
                }
            }
            return;
        };
        let sided = sided(link);
        let target = match &sided {
            Some((_, target)) => Some(target.clone()),
            None => target_of(link),
        };
        let sort = match (sided, called) {
            (Some((sort, _)), _) => Some(sort),
            // Whoever writes what is blocked names the sort as seen from there.
            (None, Called::Needs) if sort_of(link).as_deref() == Some("blocks") => None,
            (None, _) => sort_of(link),
        };
        match (target, sort.as_deref()) {
            (Some(target), None) if called != Called::Links => self.put(vec![target], called),
            (Some(target), Some("blocked_by" | "depends_on")) if called == Called::Needs => {
                self.needs.push(target);
            }
            (Some(target), Some(sort)) if called == Called::Links && NEEDS.contains(&sort) => {
                self.needs.push(target);
            }
            (Some(target), Some(sort)) if called != Called::Needs && HOLDS.contains(&sort) => {
                self.holds.push(target);
            }
            (Some(target), Some("parent_child" | "parent")) => self.parent = Some(target),
            (_, Some(sort)) if LOOSE.contains(&sort) => self.loose.push(item.clone()),
            (_, Some(sort)) if called == Called::Links && LOOSE_LINKS.contains(&sort) => {
                self.loose.push(item.clone());
            }
            // A link to a page, not to an entry.
            (None, sort) if called == Called::Links && !sort.is_some_and(waiting::is_said_by) => {
                self.loose.push(item.clone());
            }
            (Some(_), None) => self.loose.push(item.clone()),
            _ => self.odd.push(item.clone()),
        }
    }

    /// Links in a mapping by their sorts.
    fn add_sorted(&mut self, by_sort: &Map<String, Value>) {
        for (sort, targets) in by_sort {
            let called = match words::folded(sort).as_str() {
                sort if NEEDS.contains(&sort) => Called::Needs,
                sort if HOLDS.contains(&sort) => Called::Holds,
                _ if waiting::is_said(sort, targets) => {
                    let one: Map<String, Value> =
                        [(sort.clone(), targets.clone())].into_iter().collect();
                    self.odd.push(one.into());
                    continue;
                }
                _ => Called::Links,
            };
            let more = Self::of(targets, called);
            self.needs.extend(more.needs);
            self.holds.extend(more.holds);
            self.odd.extend(more.odd);
            self.loose.extend(more.loose);
        }
    }
}

/// The links of a connection as GraphQL answers it, and how many more it has at least: it may be cut
/// off, or hide some. None where it is no connection that can be read.
fn connected(map: &Map<String, Value>) -> Option<(Vec<&Value>, u64)> {
    let said = |key: &str| map.get(key).filter(|value| !value.is_null());
    let list = |key: &str| match said(key) {
        None => Some(&[][..]),
        Some(listed) => listed.as_array().map(Vec::as_slice),
    };
    let total = said("totalCount").or_else(|| said("total_count"));
    let is_list = map.contains_key("nodes") || map.contains_key("edges");
    if !is_list && (total.is_none() || target_of(map).is_some()) {
        return None;
    }
    let total: u64 = match total {
        None => 0,
        Some(total) => words::text(total)?.parse().ok()?,
    };
    let (nodes, edges) = (list("nodes")?, list("edges")?);
    let all: Vec<&Value> = match nodes.len() < edges.len() {
        true => {
            let nodes = edges.iter().map(|edge| edge.get("node"));
            nodes.collect::<Option<_>>()?
        }
        false => nodes.iter().collect(),
    };
    let count = all.len() as u64;
    let named: Vec<&Value> = all.into_iter().filter(|one| !one.is_null()).collect();
    let unnamed = total.max(count) - named.len() as u64;
    let next = said("pageInfo").and_then(|page| page.get("hasNextPage"));
    let cut = next.is_some_and(|next| !next.is_null() && next != &Value::Bool(false));
    Some((named, unnamed.max(u64::from(cut))))
}

/// The sort that a link names, folded; empty where it is none that can be read.
fn sort_of(link: &Map<String, Value>) -> Option<String> {
    let keys = [
        "type",
        "dependency_type",
        "relation_type",
        "link_type",
        "relation",
    ];
    let sort = keys.into_iter().find_map(|key| link.get(key))?;
    match sort {
        Value::Null => None,
        Value::Object(sort) => Some(
            sort.get("name")
                .and_then(Value::as_str)
                .map(words::folded)
                .unwrap_or_default(),
        ),
        sort => Some(sort.as_str().map(words::folded).unwrap_or_default()),
    }
}

/// Sort and target of a link that says how it is called from either side.
fn sided(link: &Map<String, Value>) -> Option<(String, String)> {
    let sides = [("inward", "inwardIssue"), ("outward", "outwardIssue")];
    let (side, issue) = sides
        .into_iter()
        .find_map(|(side, key)| Some((side, link.get(key)?)))?;
    let sort = link
        .get("type")
        .and_then(|sort| sort.get(side))
        .and_then(Value::as_str);
    Some((sort.map(words::folded).unwrap_or_default(), id_of(issue)?))
}

fn target_of(link: &Map<String, Value>) -> Option<String> {
    // The same number in another repository is another entry.
    let home = link
        .get("repository")
        .and_then(|home| home.get("nameWithOwner").or_else(|| home.get("full_name")));
    if let (Some(home), Some(number)) = (home.and_then(words::text), link.get("number")) {
        return words::text(number).map(|number| format!("{home}#{number}"));
    }
    let keys = [
        "depends_on_id",
        "depends_on",
        "target",
        "issue",
        "id",
        "number",
        "task",
        "key",
        "to",
    ];
    keys.into_iter().find_map(|key| id_of(link.get(key)?))
}

/// The id that a value is or has.
fn id_of(value: &Value) -> Option<String> {
    match value {
        Value::String(_) | Value::Number(_) => words::text(value),
        Value::Object(entry) => {
            let ids = ["id", "key", "number"];
            ids.into_iter().find_map(|key| match entry.get(key)? {
                id @ (Value::String(_) | Value::Number(_)) => words::text(id),
                _ => None,
            })
        }
        _ => None,
    }
}
