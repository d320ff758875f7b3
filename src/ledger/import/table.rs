//! Our own tables: a row for each task, from which its definition comes back as it was.
//!
//! A column holds what people read and sort by, as text. Whatever would not come back from such a
//! cell (other types, empty texts, `x-` keys) stands as JSON in the last column.

use serde_json::{Map, Value};

use super::json::Strict;
use super::{AnomalyKind, Candidate, Spot, own_state, words};

/// How the cells of a column are read.
#[derive(Clone, Copy)]
enum Sort {
    Text,
    Number,
    Flag,
    /// Texts, one a line.
    List,
}

use Sort::{Flag, List, Number, Text};

impl Sort {
    fn read(self, cell: &str) -> Option<Value> {
        match self {
            Text => Some(cell.into()),
            Number => cell.parse::<i64>().ok().map(Value::from),
            // Spreadsheets write these in capitals.
            Flag => cell.to_lowercase().parse::<bool>().ok().map(Value::from),
            List => Some(cell.split('\n').collect()),
        }
    }

    /// The cell from which the value comes back, if there is one.
    fn written(self, value: &Value) -> Option<String> {
        let cell = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                items?.join("\n")
            }
            other => other.to_string(),
        };
        let comes_back = !cell.is_empty() && self.read(&cell).as_ref() == Some(value);
        comes_back.then_some(cell)
    }
}

/// Columns of the definition: the heading, the key, and what its cells hold.
const DEFINITION: &[(&str, &str, Sort)] = &[
    ("id", "id", Text),
    ("title", "title", Text),
    ("task_type", "type", Text),
    ("kind", "kind", Text),
    ("role", "role", Text),
    ("lane", "lane", Text),
    ("priority", "priority", Number),
    ("sequence", "sequence", Number),
    ("parent", "parent", Text),
    ("slice", "slice", Text),
    ("merge_order", "merge_order", Number),
    ("merge_stage", "merge_stage", Text),
    ("risk", "risk", Text),
    ("depends_on", "depends_on", List),
    ("exclusive", "exclusive", List),
    ("owned_paths", "owned_paths", List),
    ("forbidden_paths", "forbidden_paths", List),
    ("contract_touchpoints", "contract_touchpoints", List),
    ("acceptance_checks", "acceptance_checks", List),
    ("evidence", "evidence", Text),
    ("not_before", "not_before", Text),
    ("parked", "parked", Flag),
    ("effort", "effort", Text),
    ("origin_ask_ref", "origin_ask_ref", Text),
    ("stages_ref", "stages_ref", Text),
    ("package", "package", Text),
    ("created_at", "created_at", Text),
    ("notes", "notes", Text),
];

/// Columns of the state: the heading, and its places in a state file, the first that is there.
const STATE: &[(&str, &[&str])] = &[
    ("status", &["/status"]),
    ("owner", &["/claim/agent"]),
    ("branch", &["/claim/branch"]),
    // What was done before it was imported has its commit there.
    ("commit", &["/completion/commit", "/adoption/commit"]),
    ("completed_at", &["/completion/at"]),
    // Why it stopped, or was given up.
    ("reason", &["/block/reason", "/cancellation/reason"]),
    ("blocked_by", &["/block/by"]),
    ("blocked_since", &["/block/since"]),
];

/// The column of what no other one holds, as a JSON object.
const REST: &str = "rest";

/// The headings of a table.
pub fn headings() -> impl Iterator<Item = &'static str> {
    let definition = DEFINITION.iter().map(|(heading, _, _)| *heading);
    let state = STATE.iter().map(|(heading, _)| *heading);
    definition.chain(state).chain([REST])
}

/// The cells of a task, one for each of [`headings`]. `state` is what its state file says.
#[must_use]
pub fn cells(definition: &Map<String, Value>, state: Option<&Value>) -> Vec<String> {
    let mut rest = definition.clone();
    let mut cells: Vec<String> = Vec::with_capacity(DEFINITION.len() + STATE.len() + 1);
    for (_, key, sort) in DEFINITION {
        let cell = definition.get(*key).and_then(|value| sort.written(value));
        if cell.is_some() {
            rest.shift_remove(*key);
        }
        cells.push(cell.unwrap_or_default());
    }
    for (heading, places) in STATE {
        let mut said = places.iter().filter_map(|place| state?.pointer(place));
        let said = said.find_map(Value::as_str);
        let usual = if *heading == "status" { "todo" } else { "" };
        cells.push(said.unwrap_or(usual).to_owned());
    }
    cells.push(match rest.is_empty() {
        true => String::new(),
        false => Value::Object(rest).to_string(),
    });
    cells
}

/// The task of a row, by its headings.
pub(super) fn read(at: Spot, mut row: Map<String, Value>) -> Candidate {
    let mut take = |heading: &str| {
        let cell = row.shift_remove(heading)?;
        cell.as_str().map(str::to_owned)
    };
    let id = take("id").unwrap_or_default();
    let bad = |why: String| Candidate::bad(at.clone(), id.as_str(), why);
    let mut definition = match take(REST).map(|cell| serde_json::from_str(&cell)) {
        None => Map::new(),
        Some(Ok(Strict(Value::Object(rest)))) => rest,
        Some(_) => return bad(format!("`{REST}` is no JSON object")),
    };
    definition.insert("id".to_owned(), id.as_str().into());
    for (heading, key, sort) in DEFINITION.iter().skip(1) {
        let Some(cell) = take(heading) else { continue };
        match sort.read(&cell) {
            Some(value) => drop(definition.insert((*key).to_owned(), value)),
            None => return bad(format!("`{heading}` is `{}`", cell.escape_debug())),
        }
    }
    let status = take("status").unwrap_or("todo".to_owned());
    let Some(meaning) = words::status(&status) else {
        let status = status.escape_debug();
        return bad(format!("the status `{status}` means nothing here"));
    };
    // A block needs one; earlier exports have no such column.
    let silent =
        |reason: &Option<String>| reason.as_ref().is_none_or(|text| text.trim().is_empty());
    let mut reason = take("reason");
    let stock = meaning == words::Meaning::Blocked && silent(&reason);
    if stock {
        reason = Some("blocked before the import; the table gives no reason".to_owned());
    }
    let state = serde_json::json!({
        "status": meaning.word(),
        "claim": {"agent": take("owner"), "branch": take("branch")},
        "completion": {"commit": take("commit"), "at": take("completed_at")},
        "block": {"reason": reason, "by": take("blocked_by"), "since": take("blocked_since")},
        "cancellation": {"reason": reason},
    });
    // Columns that people added.
    for (heading, cell) in row {
        definition.entry(format!("x-{heading}")).or_insert(cell);
    }
    let (status, mut own) = match own_state::read(state.as_object()) {
        Ok(read) => read,
        Err(why) => return bad(why),
    };
    if stock {
        let what = "is blocked, and gives no reason".to_owned();
        own.lose(
            AnomalyKind::ValueChanged,
            what,
            "blocked, and its reason says so",
        );
    }
    Candidate {
        fields: definition,
        place_status: Some(status),
        own: Some(own),
        ..Candidate::new(at, id)
    }
}
