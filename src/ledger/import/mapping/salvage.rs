//! The end of a draft: its definition in the order of plan files, read by the very code that will
//! read the plan. What that refuses is kept under `x-` keys.

use serde_json::{Map, Value};

use super::fields::Draft;
use super::{Known, Mapped, Mapping};
use crate::domain::id::RoleName;
use crate::domain::task::Task;
use crate::ledger::format::problem::Problem;
use crate::ledger::format::v1::request::define;

/// The keys of a definition, in the order in which people read them; `x-` keys come before the
/// notes.
const ORDER: [&str; 28] = [
    "id",
    "title",
    "type",
    "kind",
    "role",
    "lane",
    "priority",
    "sequence",
    "parent",
    "slice",
    "merge_order",
    "merge_stage",
    "risk",
    "depends_on",
    "exclusive",
    "owned_paths",
    "forbidden_paths",
    "contract_touchpoints",
    "acceptance_checks",
    "evidence_checks",
    "evidence",
    "requires",
    "not_before",
    "parked",
    "effort",
    "origin_ask_ref",
    "stages",
    "stages_ref",
];
const LAST: [&str; 3] = ["package", "created_at", "notes"];

/// Without these there is no task.
const OWED: [&str; 3] = ["id", "title", "role"];

/// Makes the definition of a draft, or says why there is none.
pub(super) fn finish(mut draft: Draft<'_>, known: &Known<'_>, mapping: &mut Mapping) -> Mapped {
    if !draft.remarks.is_empty() {
        draft.mapped.remark = Some(draft.remarks.join("; "));
    }
    if !draft.mapped.bad.is_empty() {
        return draft.mapped;
    }
    let own = draft.candidate.own.is_some();
    if !own {
        if !draft.notes.is_empty() {
            let notes = draft.notes.join("\n\n");
            draft.put("notes", clean(&notes));
        }
        role(&mut draft, known);
        lane(&mut draft, known, mapping);
    }
    if draft.mapped.bad.is_empty() {
        draft.mapped.task = read(&mut draft, own, mapping);
    }
    if !own {
        draft.mapped.definition = ordered(std::mem::take(&mut draft.mapped.definition));
    }
    draft.mapped
}

/// Reads the definition; each time that something of it is refused, it goes under its `x-` key.
fn read(draft: &mut Draft<'_>, own: bool, mapping: &mut Mapping) -> Option<Task> {
    // Each round takes at least one key out.
    for _ in 0..=ORDER.len() + LAST.len() {
        let problems = match define(&Value::Object(draft.mapped.definition.clone())) {
            Ok(new) => return Some(new.task),
            Err(problems) => problems,
        };
        if own || problems.is_empty() {
            draft.mapped.bad.extend(problems.iter().map(told));
            return None;
        }
        // From the end, so that the places of items before stay what they are.
        for problem in problems.iter().rev() {
            let key = key_of(&problem.pointer).to_owned();
            if OWED.contains(&key.as_str()) || key.is_empty() {
                draft.mapped.bad.push(told(problem));
            } else if let Some(value) = draft.mapped.definition.shift_remove(&key) {
                remove(draft, &key, value, problem, mapping);
            }
        }
        if !draft.mapped.bad.is_empty() {
            return None;
        }
    }
    None
}

fn told(problem: &Problem) -> String {
    match key_of(&problem.pointer) {
        "" => problem.message.clone(),
        key => format!("`{key}`: {}", problem.message),
    }
}

fn key_of(pointer: &str) -> &str {
    pointer.split('/').nth(1).unwrap_or_default()
}

/// Takes what a problem is about out of the definition: one item of a list, or the whole value.
fn remove(
    draft: &mut Draft<'_>,
    key: &str,
    value: Value,
    problem: &Problem,
    mapping: &mut Mapping,
) {
    let index: Option<usize> = problem
        .pointer
        .split('/')
        .nth(2)
        .and_then(|at| at.parse().ok());
    let (gone, left) = match (value, index) {
        (Value::Array(mut items), Some(at)) if at < items.len() => {
            let gone = items.remove(at);
            (gone, Some(items).filter(|items| !items.is_empty()))
        }
        (value, _) => (value, None),
    };
    if let Some(left) = left {
        draft.put(key, left);
    }
    if key == "acceptance_checks"
        && let Value::String(prose) = &gone
    {
        let before = draft.mapped.definition.get("notes").and_then(Value::as_str);
        let before = before
            .map(|notes| format!("{notes}\n\n"))
            .unwrap_or_default();
        draft.put("notes", format!("{before}Acceptance: {prose}"));
    }
    let name = format!("x-{key}");
    let earlier = draft.mapped.definition.get(&name).cloned();
    draft.refused(mapping, key, &gone, &problem.message);
    // One list of all that was refused of it.
    if let (Some(Value::Array(mut items)), Some(_)) = (earlier.clone(), index) {
        items.push(gone);
        draft.put(&name, items);
    } else if index.is_some() && earlier.is_none() {
        draft.put(&name, vec![gone]);
    }
}

fn role(draft: &mut Draft<'_>, known: &Known<'_>) {
    let role = draft.mapped.definition.get("role").and_then(Value::as_str);
    let roles = &known.policy.roles;
    let names: Vec<&str> = roles.keys().map(RoleName::as_str).collect();
    let names = names.join(", ");
    match role {
        None => draft.mapped.bad.push(format!(
            "it names no role: say `--role`, or `defaults: {{role: …}}` in `--map`; roles: {names}"
        )),
        Some(role) if !roles.keys().any(|known| known.as_str() == role) => {
            draft.mapped.bad.push(format!(
                "the role `{role}` is not in policy: add it there, or give it a meaning under \
                 `values: {{role: …}}` in `--map`; roles: {names}"
            ));
        }
        Some(_) => {}
    }
}

/// A lane or a merge stage that policy does not have would refuse the whole import.
fn lane(draft: &mut Draft<'_>, known: &Known<'_>, mapping: &mut Mapping) {
    let text = |draft: &Draft<'_>, key: &str| {
        let value = draft.mapped.definition.get(key);
        value.and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(lane) = text(draft, "lane") {
        let role = text(draft, "role").unwrap_or_default();
        let known = known
            .policy
            .roles
            .iter()
            .find(|(name, _)| name.as_str() == role);
        let number: Option<u16> = match lane.strip_prefix(&role).map(|rest| rest.strip_prefix(':'))
        {
            Some(Some(number)) => number.parse().ok(),
            Some(None) if lane == role => Some(1),
            _ => None,
        };
        let fits = number
            .zip(known)
            .is_some_and(|(number, (_, role))| (1..=role.lanes).contains(&number));
        if !fits && let Some(value) = draft.mapped.definition.shift_remove("lane") {
            draft.refused(
                mapping,
                "lane",
                &value,
                "policy has no such lane of the role",
            );
        }
    }
    if let Some(stage) = text(draft, "merge_stage")
        && !known
            .policy
            .merge
            .stages
            .iter()
            .any(|known| known.as_str() == stage)
        && let Some(value) = draft.mapped.definition.shift_remove("merge_stage")
    {
        draft.refused(
            mapping,
            "merge_stage",
            &value,
            "policy has no such merge stage",
        );
    }
}

/// A text that YAML can hold: without NUL and other characters that it forbids.
fn clean(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| {
            if c.is_control() && c != '\n' && c != '\t' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

fn ordered(mut definition: Map<String, Value>) -> Map<String, Value> {
    let mut sorted = Map::with_capacity(definition.len());
    let mut last = Map::new();
    for key in ORDER {
        if let Some(value) = definition.shift_remove(key) {
            sorted.insert(key.to_owned(), value);
        }
    }
    for key in LAST {
        if let Some(value) = definition.shift_remove(key) {
            last.insert(key.to_owned(), value);
        }
    }
    sorted.extend(definition);
    sorted.extend(last);
    sorted
}
