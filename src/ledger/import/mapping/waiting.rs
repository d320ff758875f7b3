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

/// Whether a word, folded, may say that something waits.
pub(super) fn is_said_by(word: &str) -> bool {
    let stems = [
        "depend",
        "block",
        "prereq",
        "wait",
        "on_hold",
        "predecessor",
    ];
    let stem = stems.into_iter().any(|stem| word.contains(stem));
    stem && !word.contains("independ")
}

/// Whether a word, folded, says it of other entries: that they wait for this one.
fn is_of_others(word: &str) -> bool {
    let word = word.trim_end_matches("count").trim_end_matches('_');
    let others = [
        "dependent",
        "dependents",
        "blocks",
        "blocking",
        "blocking_issues",
    ];
    others.contains(&word)
}

/// Rests an entry that says under a word of its own, or by a label, that it may wait.
pub(super) fn unread(draft: &mut Draft<'_>, foreign: &[(&str, &Value)], mapping: &mut Mapping) {
    for (key, value) in foreign {
        let word = words::folded(key);
        let says = match word.as_str() {
            "label" | "labels" | "tag" | "tags" => is_label(value),
            // A number of links says no more than the links.
            word if word.ends_with("count") && draft.says_needs => false,
            word => says(word, value, false, NESTED),
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

/// Whether a word, or one `above` it, and what stands under it say that something waits.
fn says(word: &str, value: &Value, above: bool, depth: usize) -> bool {
    if is_of_others(word) || words::is_nothing(value) || is_denied(value) {
        return false;
    }
    let said = above || is_said_by(word);
    match value {
        Value::Object(_) | Value::Array(_) if depth == 0 => said,
        Value::Object(map) => map.iter().any(|(key, value)| {
            let key = words::folded(key);
            // The sort of a link is a value.
            let sort = value.as_str().filter(|_| key.ends_with("type"));
            let word = sort.map_or(key, words::folded);
            says(&word, value, said, depth - 1)
        }),
        Value::Array(items) if !said => items.iter().any(|item| says(word, item, said, depth - 1)),
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
