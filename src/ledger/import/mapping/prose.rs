//! Dependencies that texts speak of: `Depends on: X, Y`, a list below `## Blocked by`, or `depends on
//! #3` within a sentence.

use serde_json::Value;

use super::fields::{Draft, Setting, Words, values};
use super::links::{closed, keep_lost};
use super::references::Meant;
use super::{AnomalyKind, Mapping};
use crate::domain::id::TaskId;
use crate::ledger::import::words;

/// What stands before a dependency, in small letters; a longer one before one that it begins with.
const HEADS: [&str; 15] = [
    "depends on",
    "depends upon",
    "dependent on",
    "dependencies",
    "dependency",
    "is blocked by",
    "blocked by",
    "blocked on",
    "requires",
    "waits for",
    "waiting for",
    "waiting on",
    "prerequisites",
    "prerequisite",
    "blockers",
];

/// Those that sentences use, too.
const WITHIN: [&str; 6] = [
    "depends on",
    "depends upon",
    "blocked by",
    "blocked on",
    "waits for",
    "waiting for",
];

/// Most characters of such a line that are told.
const SHOWN: usize = 200;

/// What a text says that an entry depends on.
struct Said {
    /// The line, from 0.
    line: usize,
    text: String,
    /// Whether all of it is what it depends on. Of a sentence only the references at its start are.
    whole: bool,
    /// Whether it may as well speak of tools.
    tools: bool,
}

/// The one head that stands before tools as often as before tasks.
const TOOLS: &str = "requires";

/// Adds to `found` what the texts of an entry say that it depends on. What names no task is kept,
/// and the entry rests.
pub(super) fn read(
    draft: &mut Draft<'_>,
    sorted: &Words<'_>,
    setting: &Setting<'_>,
    found: &mut Vec<TaskId>,
    mapping: &mut Mapping,
) {
    let candidate = draft.candidate;
    let body = candidate
        .body
        .as_deref()
        .map(|text| (text, Some(candidate.body_at)));
    let notes = values(sorted, "notes").iter();
    let notes = notes.filter_map(|(_, _, value)| Some((value.as_str()?, None)));
    for (text, from) in notes.chain(body) {
        // What is closed waits for nothing, whatever its sentences speak of.
        let closed = closed(draft);
        for said in all(text).into_iter().filter(|said| said.whole || !closed) {
            let line = from.map_or(draft.mapped.at.line, |from| from + said.line);
            take(draft, setting, &said, line, found, mapping);
        }
    }
}

fn take(
    draft: &mut Draft<'_>,
    setting: &Setting<'_>,
    said: &Said,
    line: usize,
    found: &mut Vec<TaskId>,
    mapping: &mut Mapping,
) {
    let (mut names, mut lost) = (Vec::new(), Vec::new());
    let mut remarks: Vec<String> = Vec::new();
    let pieces = match said.whole {
        true => pieces(&said.text),
        false => leading(&said.text),
    };
    for piece in pieces {
        let ids = resolved(draft, setting, &piece);
        if ids.is_empty() {
            if words::is_no(&piece) {
                continue;
            }
            match said.tools && !speaks_of_entry(setting, &piece) {
                true => remarks.push(piece),
                false => lost.push(piece),
            }
            continue;
        }
        for id in ids
            .into_iter()
            .filter(|id| draft.mapped.id.as_ref() != Some(id))
        {
            if !names.contains(&id) {
                names.push(id.clone());
            }
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    // One `none` may have commas in it, too.
    if names.is_empty() && words::is_no(&said.text) {
        return;
    }
    if !remarks.is_empty() {
        let id = &draft.candidate.id;
        let remarks = remarks.join("`, `");
        let what = format!("the text of `{id}` says that it requires `{remarks}`");
        let made = "a remark in its text: no task is named, and it waits for none";
        draft.note_at(mapping, AnomalyKind::ProseDependency, line, what, made);
    }
    if names.is_empty() && lost.is_empty() {
        return;
    }
    let names: Vec<&str> = names.iter().map(TaskId::as_str).collect();
    let depends = format!("depends on {}", names.join(", "));
    let parked = match closed(draft) {
        true => "",
        false => ", and parked until a person unparks it",
    };
    let named: Vec<String> = lost.iter().map(|piece| format!("`{piece}`")).collect();
    let kept = format!(
        "no task is named by {}: kept as `x-depends_on`{parked}",
        named.join(", ")
    );
    let made = match (names.is_empty(), lost.is_empty()) {
        (_, true) => depends,
        (true, false) => kept,
        (false, false) => format!("{depends}; {kept}"),
    };
    let text: String = said.text.chars().take(SHOWN).collect();
    let id = &draft.candidate.id;
    let what = format!("the text of `{id}` says that it depends on: {text}");
    draft.note_at(mapping, AnomalyKind::ProseDependency, line, what, &made);
    if !lost.is_empty() {
        let why = format!("its text says that it depends on {}", lost.join(", "));
        keep_lost(draft, lost.into_iter().map(Value::from).collect(), why);
    }
}

/// The tasks that a piece of a text names: as a whole, else by the ids in it.
fn resolved(draft: &Draft<'_>, setting: &Setting<'_>, piece: &str) -> Vec<TaskId> {
    let there = draft.there(setting);
    if let Some(id) = setting.ids.find(piece, there).task() {
        return vec![id];
    }
    let words = piece.split_whitespace().map(bare);
    // A number within a text is seldom an entry.
    let words = words.filter(|word| !word.chars().all(|c| c.is_ascii_digit()));
    let mut ids = Vec::new();
    for word in words {
        match setting.ids.find(word, there) {
            Meant::Same(id) => ids.push(id),
            _ if is_number(word) => return Vec::new(),
            _ => {}
        }
    }
    ids
}

/// Whether a piece that names no task here speaks of an entry all the same.
fn speaks_of_entry(setting: &Setting<'_>, piece: &str) -> bool {
    let mut words = piece.split_whitespace().map(bare);
    words.any(|word| is_number(word) || setting.ids.is_kin(word))
}

/// Whether a word is a reference such as `#12`.
fn is_number(word: &str) -> bool {
    let digits = word.rsplit_once('#').map(|(_, digits)| digits);
    digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '#')
}

/// The parts of a text that each say one thing, without what stands in brackets beside it.
fn pieces(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '`' | '[' | ']' => {}
            c if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    if plain.trim().is_empty() {
        plain = text.replace(['(', ')', '`', '[', ']'], "");
    }
    let plain = plain.replace(" and ", ",").replace(" & ", ",");
    let parts = plain
        .split([',', ';'])
        .map(|part| part.trim().trim_end_matches('.'));
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The references that a sentence begins with.
fn leading(text: &str) -> Vec<String> {
    let mut leading = Vec::new();
    for word in text.split_whitespace() {
        let id = bare(word);
        match id.to_ascii_lowercase().as_str() {
            "and" | "or" | "issue" | "issues" | "task" | "tasks" | "pr" | "the" | "" => continue,
            _ => {}
        }
        let marked = word.trim_start_matches(['(', '[']).starts_with('`');
        if !is_number(id) && !marked && !has_digit_part(id) {
            break;
        }
        leading.push(id.to_owned());
    }
    leading
}

/// Whether a word looks like an id such as `A-12`.
fn has_digit_part(word: &str) -> bool {
    let (head, tail) = word.rsplit_once(['-', '.', '_']).unwrap_or(("", ""));
    !head.is_empty() && !tail.is_empty() && tail.chars().all(|c| c.is_ascii_digit())
}

/// Every place of a text that says what it depends on.
fn all(text: &str) -> Vec<Said> {
    let lines: Vec<&str> = text.lines().collect();
    let mut said = Vec::new();
    let mut at = 0;
    while let Some(raw) = lines.get(at) {
        let line = at;
        at += 1;
        let plain = plain(raw);
        match head(raw, &plain) {
            Some((head, "")) => {
                let below = below(&lines, at);
                for n in below.clone() {
                    said.push(Said {
                        line: n,
                        text: self::plain(lines[n]),
                        whole: true,
                        tools: head == TOOLS,
                    });
                }
                at = below.end;
            }
            Some((head, tail)) => {
                let text = tail.to_owned();
                said.push(Said {
                    line,
                    text,
                    whole: true,
                    tools: head == TOOLS,
                });
            }
            None => said.extend(sentence(line, &plain)),
        }
    }
    said
}

/// A line without the marks of lists, boxes, quotes, headings and emphasis.
fn plain(line: &str) -> String {
    let line = line
        .trim()
        .trim_start_matches(['-', '*', '+', '>', '#', ' ', '\t']);
    let line = line
        .strip_prefix("[ ]")
        .or_else(|| line.strip_prefix("[x]"))
        .unwrap_or(line);
    line.replace("**", "").replace("__", "").trim().to_owned()
}

/// A head and what stands behind it; nothing where that stands on the lines below.
fn head<'t>(raw: &str, plain: &'t str) -> Option<(&'static str, &'t str)> {
    let small = plain.to_ascii_lowercase();
    let head = HEADS.into_iter().find(|head| small.starts_with(head))?;
    let rest = plain[head.len()..].trim();
    match rest.strip_prefix(':') {
        Some(tail) => Some((head, tail.trim())),
        None if rest.is_empty() && raw.trim_start().starts_with(['#', '*', '_']) => {
            Some((head, ""))
        }
        None => None,
    }
}

/// The lines of the list or paragraph that begins at a line.
fn below(lines: &[&str], from: usize) -> std::ops::Range<usize> {
    let blank = lines[from..]
        .iter()
        .take_while(|line| line.trim().is_empty())
        .count();
    let start = from + blank;
    let ends = |line: &&&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let length = lines[start..].iter().take_while(|line| !ends(line)).count();
    start..start + length
}

/// What may stand before such a word in a sentence about the entry itself.
const ITSELF: [&str; 9] = [
    "",
    "it",
    "it is",
    "this",
    "this is",
    "this issue",
    "this issue is",
    "this task",
    "this task is",
];

/// What a line says of the entry in a sentence that begins with it. Sentences within a text are
/// about anything.
fn sentence(line: usize, plain: &str) -> Option<Said> {
    let small = plain.to_ascii_lowercase();
    WITHIN.into_iter().find_map(|word| {
        let (before, _) = small.split_once(word)?;
        let text = plain[before.len() + word.len()..].trim();
        let itself = ITSELF.contains(&before.trim()) && !leading(text).is_empty();
        itself.then(|| Said {
            line,
            text: text.to_owned(),
            whole: false,
            tools: false,
        })
    })
}
