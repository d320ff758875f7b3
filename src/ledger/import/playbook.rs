//! A playbook's queue: one YAML file with `states`, `roles` and `tasks`, and archives of the same
//! form beside it.

use std::collections::HashSet;

use super::{AnomalyKind, Candidate, Gathered, Spot, written};
use crate::ledger::BadFile;
use crate::ledger::read::{self, Origin};
use crate::ledger::yaml::{self, Limits, LineIndex, Node};

/// Keys under which such files hold their tasks.
const LISTS: [&str; 4] = ["tasks", "queue", "items", "archive"];

/// Reads a queue or an archive.
///
/// # Errors
/// [`BadFile`] for text that is not YAML of the ledger profile; duplicate keys are such.
pub fn read(file: &str, bytes: &[u8]) -> Result<Gathered, BadFile> {
    let origin = Origin { file, commit: None };
    let node = yaml::parse_bytes(bytes, Limits::PLAN)
        .map_err(|error| read::syntax(origin, bytes, error))?;
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let lines = LineIndex::new(text);
    let mut found = Gathered::default();
    let spot = |node: &Node<'_>| Spot::new(file, line(&lines, node));
    if node.as_seq().is_some() {
        list(&node, None, None, &spot, &mut found);
        return Ok(found);
    }
    let Some(entries) = node.as_map() else {
        let message = "a queue is a mapping with `tasks`, or a list".to_owned();
        return Err(BadFile::whole(file, None, "meaning", message));
    };
    let declared = states(&node);
    for (key, value) in entries {
        let name: &str = &key.text;
        if LISTS.contains(&name) {
            list(value, None, declared.as_ref(), &spot, &mut found);
        } else if name == "states" {
            for (state, below) in value.as_map().into_iter().flatten() {
                if holds_tasks(below) {
                    let place = Some(&*state.text);
                    list(below, place, declared.as_ref(), &spot, &mut found);
                }
            }
        } else if !value.is_null() && name != "version" {
            let (line, _) = lines.position(key.span.range().start);
            let made = match name {
                "roles" => "roles and their paths stand in governance/policy.yaml here",
                _ => "it is no part of a task; it stays in the source",
            };
            let what = format!("`{name}` at the top of the file");
            found.note(AnomalyKind::NotImported, Spot::new(file, line), what, made);
        }
    }
    if found.candidates.is_empty() {
        let what = "the file holds no task".to_owned();
        let made = "nothing: tasks stand under `tasks`, or in lists under `states`";
        found.note(AnomalyKind::NotImported, Spot::new(file, 1), what, made);
    }
    Ok(found)
}

/// Whether what stands under a state are tasks, and no description of the state.
fn holds_tasks(below: &Node<'_>) -> bool {
    let is_task = |node: &Node<'_>| node.get("title").is_some() || node.get("id").is_some();
    match (below.as_seq(), below.as_map()) {
        (Some(items), _) => items.iter().any(|item| item.as_map().is_some()),
        (None, Some(entries)) => entries.iter().any(|(_, node)| is_task(node)),
        (None, None) => false,
    }
}

fn line(lines: &LineIndex<'_>, node: &Node<'_>) -> usize {
    let place = node.locate("").unwrap_or_else(|| node.span.range());
    lines.position(place.start).0
}

/// The states that the file declares.
fn states(node: &Node<'_>) -> Option<HashSet<String>> {
    let node = node.get("states")?;
    let names: HashSet<String> = match (node.as_seq(), node.as_map()) {
        (Some(list), _) => list
            .iter()
            .filter_map(|item| item.as_str().or_else(|| item.get("name")?.as_str()))
            .map(str::to_owned)
            .collect(),
        (None, Some(map)) => map.iter().map(|(key, _)| key.text.to_string()).collect(),
        (None, None) => return None,
    };
    Some(names)
}

fn list(
    node: &Node<'_>,
    place: Option<&str>,
    declared: Option<&HashSet<String>>,
    spot: &impl Fn(&Node<'_>) -> Spot,
    found: &mut Gathered,
) {
    if let Some(items) = node.as_seq() {
        for item in items {
            one(item, None, place, declared, spot, found);
        }
    } else if let Some(entries) = node.as_map() {
        for (key, item) in entries {
            one(item, Some(&key.text), place, declared, spot, found);
        }
    } else if !node.is_null() {
        let bad = Candidate::bad(
            spot(node),
            "",
            "it is neither a list nor a mapping of tasks",
        );
        found.candidates.push(bad);
    }
}

fn one(
    item: &Node<'_>,
    name: Option<&str>,
    place: Option<&str>,
    declared: Option<&HashSet<String>>,
    spot: &impl Fn(&Node<'_>) -> Spot,
    found: &mut Gathered,
) {
    let at = spot(item);
    let serde_json::Value::Object(mut fields) = written::yaml(item) else {
        let bad = Candidate::bad(at, name.unwrap_or_default(), "a task is a mapping");
        found.candidates.push(bad);
        return;
    };
    let given = fields
        .shift_remove("id")
        .and_then(|id| super::words::text(&id));
    let id = given
        .or_else(|| name.map(str::to_owned))
        .unwrap_or_default();
    let status = item.get("status").or_else(|| item.get("state"));
    if let (Some(declared), Some(status)) = (declared, status.and_then(Node::as_str))
        && !declared.contains(status)
    {
        let what = format!("`{id}` is `{status}`, which `states` does not declare");
        let made = "read by the usual meaning of the word";
        found.note(AnomalyKind::StatusUnknown, at.clone(), what, made);
    }
    found.candidates.push(Candidate {
        fields,
        place_status: place.map(str::to_owned),
        ..Candidate::new(at, id)
    });
}
