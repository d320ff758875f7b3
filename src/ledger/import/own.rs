//! An export of laneway, read back: definitions word for word.

use std::ops::Range;

use serde_json::Value;

use super::json::Strict;
use super::own_state::{self, Counted};
use super::pieces::{Piece, each, emptied, member};
use super::{AnomalyKind, Candidate, Gathered, PackageText, Spot};
use crate::domain::import::is_package_place;
use crate::ledger::yaml::Limits;
use crate::ledger::{BadFile, packages, read};

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
pub fn read_export(file: &str, bytes: &[u8]) -> Result<Gathered, BadFile> {
    let bad = |message: String| BadFile::whole(file, None, "meaning", message);
    // As it is written, or in the envelope of `--json`.
    let all = 0..bytes.len();
    let data = match member(bytes, all.clone(), EXPORT) {
        Some(_) => all,
        None => member(bytes, all.clone(), "data").unwrap_or(all),
    };
    let from = data.start;
    let packages = member(bytes, data.clone(), "packages");
    let listed = member(bytes, data, "tasks");
    let is_list = |part: &Range<usize>| bytes.get(part.start) == Some(&b'[');
    let tasks = listed.clone().filter(is_list);
    let read = |text: &[u8]| serde_json::from_slice(text).map(|Strict(value)| value);
    let (pieces, frame) = match tasks.clone() {
        Some(part) => {
            let (pieces, ended) = each(bytes, part.clone(), read);
            // What is cut off is told by the frame.
            let frame = if ended {
                emptied(bytes, part)
            } else {
                bytes.to_vec()
            };
            (pieces, frame)
        }
        None => (Vec::new(), bytes.to_vec()),
    };
    let Strict(whole) = serde_json::from_slice(&frame).map_err(|error| {
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
    // What is no list would be read as an export of nothing.
    let no = |at: usize, why: &str| {
        let mut bad = bad(why.to_owned());
        for finding in &mut bad.findings {
            (finding.line, finding.column) = place(bytes, at);
        }
        bad
    };
    if tasks.is_none() {
        return Err(match listed {
            Some(part) => no(part.start, "`tasks` is no list"),
            None => no(from, "the export has no `tasks`"),
        });
    }
    if let Some(part) = packages.as_ref().filter(|part| !is_list(part)) {
        return Err(no(part.start, "`packages` is no list"));
    }
    let mut found = Gathered::default();
    let mut counted = Counted::default();
    for (n, Piece { line, value }) in pieces.into_iter().enumerate() {
        let at = Spot::new(file, line);
        let task = match value {
            Ok(task) => task,
            Err(why) => {
                found.candidates.push(Candidate::bad(at, "", why));
                continue;
            }
        };
        found.candidates.push(one(at, n, &task));
        counted.add(task.get("state").and_then(Value::as_object));
    }
    for Piece { line, value } in packages.map_or(Vec::new(), |part| each(bytes, part, read).0) {
        package(Spot::new(file, line), value.ok().as_ref(), &mut found);
    }
    for (kind, what, made) in counted.told() {
        found.note(kind, Spot::new(file, 1), what, made);
    }
    for (key, value) in data.as_object().into_iter().flatten() {
        let there = !matches!(value, Value::Null) && value.as_array().is_none_or(|l| !l.is_empty());
        if there && matches!(key.as_str(), "workstations" | "orphans" | "unreadable") {
            let what = format!("`{key}` of the export");
            let made = "it stays in the export";
            found.note(AnomalyKind::NotImported, Spot::new(file, 1), what, made);
        }
    }
    Ok(found)
}

/// Line and column of a byte, from 1.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at];
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let line = before.iter().rposition(|byte| *byte == b'\n');
    (lines + 1, at - line.map_or(0, |line| line + 1) + 1)
}

/// A package goes where packages stand, and must read, or it is none.
fn package(at: Spot, value: Option<&Value>, found: &mut Gathered) {
    let text = |key: &str| Some(value?.get(key)?.as_str()?.to_owned());
    let (Some(path), Some(text)) = (text("path"), text("text")) else {
        let what = "a package without `path` and `text`";
        return found.note(AnomalyKind::PackageLeft, at, what, "it stays in the export");
    };
    let place = read::Origin {
        file: &path,
        commit: None,
    };
    // The ledger reads no larger one.
    let most = Limits::STATE.bytes;
    let parse = || packages::parse(place, text.as_bytes());
    let wrong = match (text.len() <= most).then(parse) {
        _ if !is_package_place(&path) => Some("is no place of a package".to_owned()),
        None => Some(format!("has {} bytes, more than {most}", text.len())),
        Some(Err(bad)) => bad
            .findings
            .first()
            .map(|first| format!("does not read: {}", first.message)),
        Some(Ok(_)) if found.packages.iter().any(|known| known.path == path) => {
            Some("is here twice: the target's counts".to_owned())
        }
        Some(Ok(_)) => None,
    };
    match wrong {
        None => found.packages.push(PackageText { at, path, text }),
        Some(why) => {
            let what = format!("`{}` {why}", path.escape_debug());
            found.note(AnomalyKind::PackageLeft, at, what, "it stays in the export");
        }
    }
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
    let (status, own) = match own_state::read(state) {
        Ok(read) => read,
        Err(why) => return Candidate::bad(at, id, why),
    };
    let mut candidate = Candidate::new(at, id);
    candidate.fields = definition.clone();
    candidate.place_status = Some(status);
    candidate.own = Some(own);
    candidate
}
