//! An export of laneway, read back: definitions word for word.

use serde_json::{Map, Value};

use super::candidate::Own;
use super::json::Strict;
use super::{AnomalyKind, Candidate, Gathered, Spot};
use crate::domain::import::FirstStanding;
use crate::ledger::BadFile;

/// The key that only exports have, with the version of their form.
pub const EXPORT: &str = "laneway_export";

/// Whether the text begins as an export does: as it is written, or in the envelope of `--json`.
#[must_use]
pub fn is_export(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(400)];
    String::from_utf8_lossy(head).contains(&format!("\"{EXPORT}\""))
}

/// Reads an export.
///
/// # Errors
/// [`BadFile`] for text that is no export of a version that this build knows.
pub fn read(file: &str, bytes: &[u8]) -> Result<Gathered, BadFile> {
    let bad = |message: String| BadFile::whole(file, None, "meaning", message);
    let Strict(whole) = serde_json::from_slice(bytes).map_err(|error| {
        let mut bad = bad(error.to_string());
        for finding in &mut bad.findings {
            (finding.line, finding.column) = (error.line().max(1), error.column().max(1));
        }
        bad
    })?;
    let data = match whole.get("data") {
        Some(data) if whole.get(EXPORT).is_none() => data,
        _ => &whole,
    };
    match data.get(EXPORT).and_then(Value::as_u64) {
        Some(1) => {}
        Some(newer) => {
            return Err(bad(format!(
                "the export has version {newer}; this laneway reads version 1"
            )));
        }
        None => return Err(bad(format!("it is no export of laneway: no `{EXPORT}`"))),
    }
    let mut found = Gathered::default();
    let tasks = data.get("tasks").and_then(Value::as_array);
    let (mut records, mut with) = (0, 0);
    for (n, task) in tasks.into_iter().flatten().enumerate() {
        found.candidates.push(one(Spot::new(file, 1), n, task));
        let list = task
            .get("state")
            .and_then(|state| state.get("records")?.as_array());
        let count = list.map_or(0, Vec::len);
        records += count;
        with += usize::from(count > 0);
    }
    if records > 0 {
        let what = format!("{records} records of {with} tasks");
        let made = "they stay in the export: nobody here can vouch for who wrote them";
        found.note(AnomalyKind::RecordsLeft, Spot::new(file, 1), what, made);
    }
    for (key, value) in data.as_object().into_iter().flatten() {
        let there = !matches!(value, Value::Null) && value.as_array().is_none_or(|l| !l.is_empty());
        if there && matches!(key.as_str(), "workstations" | "unreadable") {
            let what = format!("`{key}` of the export");
            let made = "it stays in the export";
            found.note(AnomalyKind::NotImported, Spot::new(file, 1), what, made);
        }
    }
    Ok(found)
}

fn one(at: Spot, n: usize, task: &Value) -> Candidate {
    let Some(definition) = task.get("definition").and_then(Value::as_object) else {
        return Candidate::bad(at, format!("#{}", n + 1), "it has no definition");
    };
    let id = definition
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let state = task.get("state").and_then(Value::as_object);
    let (status, own) = standing(state);
    let mut candidate = Candidate::new(at, id);
    candidate.fields = definition.clone();
    candidate.place_status = Some(status);
    candidate.own = Some(own);
    candidate
}

/// What an import may say of a state: closed tasks are closed, nobody holds an open one.
pub(super) fn standing(state: Option<&Map<String, Value>>) -> (String, Own) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let status = text(state.and_then(|state| state.get("status"))).unwrap_or("todo".to_owned());
    let of = |key: &str, inner: &str| text(state.and_then(|state| state.get(key)?.get(inner)));
    let commit = of("completion", "commit").or_else(|| of("adoption", "commit"));
    let standing = match status.as_str() {
        "done" => FirstStanding::Done,
        "cancelled" => FirstStanding::Cancelled,
        _ => FirstStanding::Todo,
    };
    let mut remarks = Vec::new();
    if let Some(agent) = of("claim", "agent") {
        let branch = of("claim", "branch").unwrap_or_default();
        remarks.push(format!("{agent} had it on {branch}; nobody holds it here"));
    }
    if let Some(reason) = of("block", "reason") {
        remarks.push(format!("it was blocked: {reason}"));
    }
    if let Some(reason) = of("cancellation", "reason") {
        remarks.push(format!("it was given up: {reason}"));
    }
    if let Some(agent) = of("completion", "agent") {
        let at = of("completion", "at").unwrap_or_default();
        remarks.push(format!("{agent} did it, landed at {at}"));
    }
    let own = Own {
        standing,
        commit,
        remark: (!remarks.is_empty()).then(|| remarks.join("; ")),
    };
    (status, own)
}
