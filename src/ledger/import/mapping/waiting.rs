//! Words that may say that an entry waits and that no field here has, and those that say so of
//! another entry.

use std::collections::HashMap;

use serde_json::Value;

use super::fields::{Draft, Setting, Words, values};
use super::link_lists::{Called, Links};
use super::links::{closed, held};
use super::references::{Ids, Meant};
use super::{AnomalyKind, Mapping};
use crate::domain::id::TaskId;
use crate::ledger::import::words::{self, Meaning};
use crate::ledger::import::{Candidate, FieldMap};

/// The words that may say so.
const WAITS: &[&str] = &[
    "await",
    "awaiting",
    "awaits",
    "block",
    "blocked",
    "blocker",
    "blockers",
    "blocking",
    "blocks",
    "depend",
    "dependancies",
    "dependancy",
    "dependant",
    "dependants",
    "dependencies",
    "dependency",
    "dependent",
    "dependents",
    "depending",
    "depends",
    "onhold",
    "predecessor",
    "predecessors",
    "prereq",
    "prereqs",
    "prerequisite",
    "prerequisites",
    "roadblock",
    "roadblocks",
    "wait",
    "waiting",
    "waits",
];

/// Those of them that are the name of something else, too, of which a number may be a measure.
const NOUNS: [&str; 5] = ["block", "blocks", "wait", "waiting", "waits"];

/// What makes a number behind such a noun the name or the count of entries.
const POINTS: [&str; 18] = [
    "by", "count", "for", "id", "ids", "issue", "issues", "item", "items", "number", "on", "task",
    "tasks", "ticket", "tickets", "to", "until", "upon",
];

/// The place of the words among those of a key that may say that something waits.
fn said_at(parts: &[String]) -> Vec<usize> {
    let said = |n: usize, part: &str| {
        let part = part.trim_end_matches(|c: char| c.is_ascii_digit());
        // Small letters run together: `isblockedby`.
        let part = part.strip_prefix("is").unwrap_or(part);
        let ends = ["by", "for", "on", "until", "upon"];
        let stem = ends.into_iter().find_map(|end| part.strip_suffix(end));
        let held = part == "hold" && n > 0 && parts[n - 1] == "on";
        // A short one begins too many other words: `blockchain`.
        let begins = |word: &&str| word.len() >= 7 && part.starts_with(*word);
        let whole = |word: &str| WAITS.contains(&word);
        held || whole(part) || stem.is_some_and(whole) || WAITS.iter().any(begins)
    };
    let parts = parts.iter().enumerate();
    parts
        .filter_map(|(n, part)| said(n, part).then_some(n))
        .collect()
}

/// Whether a key or a sort of link may say that something waits: by a whole word of it.
pub(super) fn is_said_by(key: &str) -> bool {
    !said_at(&words::parts(key)).is_empty()
}

/// Whether a key with its value only measures something: `block_size: 4096`, `waitingTime: 3d`.
fn is_measured(key: &str, value: &Value) -> bool {
    let parts = words::parts(key);
    let of_noun = |n: usize| {
        let next = parts.get(n + 1).map(String::as_str);
        NOUNS.contains(&parts[n].as_str()) && next.is_some_and(|next| !POINTS.contains(&next))
    };
    words::is_measure(value) && said_at(&parts).into_iter().all(of_noun)
}

/// Whether a key says it of other entries: that they wait for this one.
fn is_of_others(key: &str) -> bool {
    // Trackers explain a heading in brackets.
    let key = key.split_once(" (").map_or(key, |(plain, _)| plain);
    let mut parts = words::parts(key);
    let beside = ["count", "issues", "non", "open", "total"];
    parts.retain(|part| !beside.contains(&part.as_str()));
    let others = ["dependent", "dependents", "blocks", "blocking"];
    matches!(&parts[..], [one] if others.contains(&one.as_str()))
}

/// Rests an entry that says under a word of its own, or by a label, that it may wait.
pub(super) fn unread(draft: &mut Draft<'_>, foreign: &[(&str, &Value)], mapping: &mut Mapping) {
    for (key, value) in foreign {
        let word = words::folded(key);
        let says = match word.as_str() {
            "label" | "labels" | "tag" | "tags" => is_label(value),
            // A number of links says no more than the links.
            word if word.ends_with("count") && draft.says_needs => false,
            _ => is_said(key, value),
        };
        if !says {
            continue;
        }
        let shown: String = match value {
            Value::String(text) => text.chars().take(60).collect(),
            other => other.to_string().chars().take(60).collect(),
        };
        let id = &draft.candidate.id;
        let what = format!("`{key}` of `{id}` is `{shown}`, which may say that it waits");
        let made = match closed(draft) {
            true => format!("kept as `x-{key}`"),
            false => format!(
                "kept as `x-{key}`, and parked until a person unparks it; `--map` can say which \
                 field it is, or ignore it"
            ),
        };
        draft.note(mapping, AnomalyKind::DependencyUnknown, what, &made);
        held(draft, format!("`{key}` may say that it waits"));
    }
}

/// How deep it is looked for.
const NESTED: usize = 4;

/// Whether a key and what stands under it may say that something waits.
pub(super) fn is_said(key: &str, value: &Value) -> bool {
    says(key, value, false, NESTED)
}

/// Whether a key, or one `above` it, and what stands under it say that something waits.
fn says(key: &str, value: &Value, above: bool, depth: usize) -> bool {
    if is_of_others(key) || words::is_nothing(value) || is_denied(value) {
        return false;
    }
    let said = above || (is_said_by(key) && !is_measured(key, value));
    match value {
        Value::Object(_) | Value::Array(_) if depth == 0 => said,
        Value::Object(map) => map.iter().any(|(key, value)| {
            // The sort of a link is a value.
            let is_sort = words::folded(key).ends_with("type");
            let sort = value.as_str().filter(|_| is_sort);
            says(sort.unwrap_or(key), value, said, depth - 1)
        }),
        Value::Array(items) if !said => items.iter().any(|item| says(key, item, said, depth - 1)),
        _ => said,
    }
}

fn is_label(value: &Value) -> bool {
    let labels = words::list(value);
    labels.iter().any(|label| {
        let word = words::folded(label);
        let waits = word.starts_with("blocked") || word.starts_with("waiting");
        waits || words::status(label) == Some(Meaning::Blocked)
    })
}

fn is_denied(value: &Value) -> bool {
    match value {
        Value::Bool(said) => !said,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => words::is_no(text) || text.trim() == "0",
        _ => false,
    }
}

/// What entries say of others: that those wait for them.
#[derive(Default)]
pub(super) struct Holds {
    by_held: HashMap<TaskId, Vec<TaskId>>,
}

impl Holds {
    /// Reads it of all entries at once, since it is said on the other side.
    pub(super) fn of(candidates: &[Candidate], fields: &FieldMap, ids: &Ids<'_>) -> Self {
        let mut holds = Self::default();
        for (candidate, id) in candidates.iter().zip(&ids.of) {
            let Some((id, _)) = id.as_ref().filter(|_| candidate.own.is_none()) else {
                continue;
            };
            for (key, value) in &candidate.fields {
                let ours = fields.ours(key).filter(|_| !fields.ignores(key));
                let Some(called) = ours.and_then(|(ours, _)| called(ours)) else {
                    continue;
                };
                for target in Links::of(value, called).holds {
                    if let Some(held) = ids.find(&target, None).task() {
                        holds.by_held.entry(held).or_default().push(id.clone());
                    }
                }
            }
        }
        holds
    }

    /// What a task waits for, as the others say.
    pub(super) fn over(&self, held: Option<&TaskId>) -> &[TaskId] {
        let over = held.and_then(|id| self.by_held.get(id));
        over.map_or(&[], Vec::as_slice)
    }
}

/// The words of entries for what waits for them.
pub(super) fn called(ours: &str) -> Option<Called> {
    match ours {
        "blocks" => Some(Called::Holds),
        "links" => Some(Called::Links),
        _ => None,
    }
}

/// Tells what an entry says of others that is not taken over there, and keeps what it says.
pub(super) fn told(
    draft: &mut Draft<'_>,
    sorted: &Words<'_>,
    setting: &Setting<'_>,
    mapping: &mut Mapping,
) {
    for ours in ["blocks", "links"] {
        let Some(called) = called(ours) else { continue };
        for (_, key, value) in values(sorted, ours) {
            let links = Links::of(value, called);
            let me = &draft.candidate.id;
            let mut tell = |what: String, made: &str| {
                draft.note(mapping, AnomalyKind::DependencyUnknown, what, made);
            };
            let kept = format!("kept as `x-{key}`");
            for target in links.holds {
                match setting.ids.find(&target, None) {
                    Meant::Same(id) | Meant::Like(id) if setting.ids.has(&id) => {}
                    Meant::Same(id) | Meant::Like(id) => {
                        let what = format!("`{me}` blocks `{target}`, which is there already");
                        let made = format!(
                            "`{id}` stays as it is; `laneway edit {id} --add-dependency` makes it \
                             wait"
                        );
                        tell(what, &made);
                    }
                    Meant::Stranger | Meant::Nothing => {
                        let what = format!("`{me}` blocks `{target}`, which is not there");
                        tell(what, &kept);
                    }
                }
            }
            if called == Called::Holds && !links.odd.is_empty() {
                let odd = Value::from(links.odd).to_string();
                let odd: String = odd.chars().take(60).collect();
                tell(
                    format!("`{me}` blocks `{odd}`, which says nothing here"),
                    &kept,
                );
            }
            draft.keep(key, (*value).clone());
        }
    }
}
