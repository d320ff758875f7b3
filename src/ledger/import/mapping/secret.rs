//! Entries that hold what looks like a secret: the ledger is read by all and forgets nothing, so
//! they are no tasks until somebody takes it out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::AnomalyKind;
use super::{Mapped, Mapping};
use crate::domain::hygiene::{secrets, starred};
use crate::domain::import::FirstStanding;

/// Makes no task of what holds a secret, and tells where it stands. Of a task that is there nothing
/// is written any more.
///
/// `own` says that the entry is one of our own exports, which no field map reaches.
pub(super) fn refuse(mut mapped: Mapped, own: bool, mapping: &mut Mapping) -> Mapped {
    if mapped.known || mapped.task.is_none() {
        return mapped;
    }
    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for (key, value) in &mapped.definition {
        let mut note = |what| found.insert((key.clone(), what));
        within(value, &mut |text| told(text, &mut note));
        told(key, &mut note);
    }
    if let Some((key, reason)) = reason(&mut mapped.standing) {
        told(reason, &mut |what| found.insert((key.to_owned(), what)));
    }
    for text in [Some(&mapped.status), mapped.remark.as_ref()] {
        let mut note = |what| {
            let said = found.iter().any(|(_, known)| *known == what);
            !said && found.insert(("status".to_owned(), what))
        };
        told(text.map_or("", String::as_str), &mut note);
    }
    let path = mapped
        .task
        .as_ref()
        .and_then(|task| task.package.as_deref());
    for package in mapping
        .packages
        .iter()
        .filter(|one| Some(one.path.as_str()) == path)
    {
        told(&package.text, &mut |what| {
            found.insert(("package".to_owned(), what))
        });
    }
    if found.is_empty() {
        return mapped;
    }
    for (key, what) in &found {
        let theirs = key.trim_start_matches("x-");
        let fact = format!(
            "`{theirs}` of `{}` holds what looks like {what}",
            mapped.source_id
        );
        let made = match own {
            true => "it is not written: take it out of the source".to_owned(),
            false => format!(
                "it is not written: take it out of the source, or leave `{theirs}` out by \
                 `ignore` in `--map`"
            ),
        };
        mapping.note(AnomalyKind::Secret, &mapped.at, fact, made);
    }
    let why = "it holds what looks like a secret";
    mapped.bad.push(why.to_owned());
    mapped.task = None;
    mapped.status = starred(&mapped.status).into_owned();
    mapped.remark = mapped.remark.map(|text| starred(&text).into_owned());
    if let Some((_, reason)) = reason(&mut mapped.standing) {
        *reason = starred(reason).into_owned();
    }
    mapped
}

/// Why it stopped, or was given up, with the part of its state that says so.
fn reason(standing: &mut FirstStanding) -> Option<(&'static str, &mut String)> {
    match standing {
        FirstStanding::Blocked(block) => Some(("block", &mut block.reason)),
        FirstStanding::Cancelled { reason } => Some(("cancellation", reason.as_mut()?)),
        FirstStanding::Todo | FirstStanding::Done => None,
    }
}

fn told(text: &str, note: &mut impl FnMut(String) -> bool) {
    for leak in secrets(text) {
        note(leak.what);
    }
}

/// Every text of a value, keys included.
fn within(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| within(item, look)),
        Value::Object(map) => {
            for (key, value) in map {
                look(key);
                within(value, look);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
