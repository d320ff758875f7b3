//! Work items: one Markdown file each, with front matter, in directories named by status.

use serde_json::{Map, Value};

use super::words::{STATUSES, folded};
use super::{AnomalyKind, Candidate, Gathered, Spot, written};
use crate::ledger::yaml::{self, Limits};

const FENCE: &str = "---";

/// Reads one item. `file` is its path as messages say it, `place` the part of it whose directories
/// say its status: what lies above the source says nothing of its items.
#[must_use]
pub fn read(file: &str, place: &str, bytes: &[u8]) -> Gathered {
    let mut found = Gathered::default();
    let stem = file.rsplit('/').next().unwrap_or(file);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let at = Spot::new(file, 1);
    let bad = |why: String, line: usize| Gathered {
        candidates: vec![Candidate::bad(Spot::new(file, line), stem, why)],
        ..Gathered::default()
    };
    if bytes.len() > Limits::STATE.bytes {
        return bad(
            format!(
                "the file has {} bytes, more than {}",
                bytes.len(),
                Limits::STATE.bytes
            ),
            1,
        );
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').replace("\r\n", "\n"),
        Err(error) => {
            let line = bytes[..error.valid_up_to()]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count()
                + 1;
            let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
            return bad(format!("byte 0x{byte:02X} is not UTF-8"), line);
        }
    };
    if text.trim().is_empty() {
        let what = format!("{stem} is reserved by an empty file");
        found.note(AnomalyKind::EmptyFile, at, what, "no task");
        return found;
    }
    let Some(Parts { front, body, first }) = Parts::of(&text) else {
        return bad("its front matter does not end".to_owned(), 1);
    };
    let dirs: Vec<String> = place.rsplit('/').skip(1).map(str::to_owned).collect();
    let says = |dir: &String| STATUSES.iter().any(|(word, _)| *word == folded(dir));
    let is_placed = dirs.iter().any(says);
    if front.is_none() && !is_placed {
        let what = format!("{stem} has no front matter and lies in no directory of a status");
        let made = "it stays in the source";
        found.note(AnomalyKind::NotImported, at, what, made);
        return found;
    }
    let fields = match front {
        None => Map::new(),
        Some(front) => match yaml::parse(&front, Limits::STATE) {
            Err(error) => return bad(error.message, error.line),
            Ok(node) if node.is_null() => Map::new(),
            Ok(node) => match written::yaml(&node) {
                Value::Object(fields) => fields,
                _ => return bad("the front matter is no mapping".to_owned(), 2),
            },
        },
    };
    let mut candidate = Candidate::new(at, stem);
    candidate.fields = fields;
    if let Some(id) = candidate.fields.shift_remove("id")
        && let Some(id) = super::words::text(&id)
    {
        candidate.id = id;
    }
    candidate.body = Some(body.trim_end().to_owned()).filter(|body| !body.is_empty());
    candidate.body_at = first;
    candidate.dirs = dirs;
    found.candidates.push(candidate);
    found
}

/// The parts of an item.
struct Parts<'t> {
    /// The front matter. A comment stands where the fence was, so that lines count as in the file.
    front: Option<String>,
    body: &'t str,
    /// The line on which the body begins.
    first: usize,
}

impl<'t> Parts<'t> {
    /// Takes a text apart; `None` when its front matter does not end. Blanks around a fence and
    /// blank lines above it are no reason to lose what stands between fences.
    fn of(text: &'t str) -> Option<Self> {
        let plain = Self {
            front: None,
            body: text,
            first: 1,
        };
        let mut front: Option<String> = None;
        let mut at = 0;
        for (n, line) in text.split_inclusive('\n').enumerate() {
            at += line.len();
            let bare = line.trim_end();
            match &mut front {
                None if bare.is_empty() => {}
                None if bare == FENCE => front = Some(format!("{}#--\n", "\n".repeat(n))),
                None => return Some(plain),
                Some(_) if matches!(bare, FENCE | "...") => {
                    return Some(Self {
                        front,
                        body: &text[at..],
                        first: n + 2,
                    });
                }
                Some(front) => front.push_str(line),
            }
        }
        front.is_none().then_some(plain)
    }
}
