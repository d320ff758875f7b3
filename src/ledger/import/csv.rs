//! Issue lists as CSV, and cells that no spreadsheet takes for formulas (P23).

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::candidate::too_many;
use super::{AnomalyKind, Candidate, Gathered, Spot, table};
use crate::ledger::yaml::Limits;

/// The first column of our own exports.
pub const OWN: &str = "laneway";

/// The key of each column: its name, or a number behind it where that is taken.
fn keys(headings: &[String]) -> Vec<String> {
    let names: HashSet<&String> = headings.iter().collect();
    let mut counts: HashMap<&String, usize> = HashMap::new();
    let key = |name| {
        let count = counts.entry(name).or_default();
        loop {
            *count += 1;
            match *count {
                1 => return name.clone(),
                n => {
                    let key = format!("{name}-{n}");
                    if !names.contains(&key) {
                        return key;
                    }
                }
            }
        }
    };
    headings.iter().map(key).collect()
}

/// Reads a list of issues; the first row names the columns.
#[must_use]
pub fn read(file: &str, bytes: &[u8]) -> Gathered {
    let mut found = Gathered::default();
    let at = |line: u64| Spot::new(file, usize::try_from(line).unwrap_or(usize::MAX));
    if bytes.len() > Limits::PLAN.bytes {
        let why = format!(
            "the file has {} bytes, more than {}",
            bytes.len(),
            Limits::PLAN.bytes
        );
        found.candidates.push(Candidate::bad(at(1), "", why));
        return found;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let headings: Vec<String> = match reader.headers() {
        Ok(row) => row.iter().map(|cell| cell.trim().to_owned()).collect(),
        Err(error) => {
            found
                .candidates
                .push(Candidate::bad(at(1), "", error.to_string()));
            return found;
        }
    };
    if let Some(why) = too_many("columns", headings.len()) {
        found.candidates.push(Candidate::bad(at(1), "", why));
        return found;
    }
    let keys = keys(&headings);
    for (name, key) in headings
        .iter()
        .zip(&keys)
        .filter(|(name, key)| name != key && !name.is_empty())
    {
        let what = format!("the column `{name}` is here twice");
        let made = format!("the later one is `{key}`");
        found.note(AnomalyKind::ValueChanged, at(1), what, made);
    }
    let own = headings.first().is_some_and(|first| first == OWN);
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                let why = match error.kind() {
                    csv::ErrorKind::Utf8 { .. } => "the row is not UTF-8".to_owned(),
                    _ => error.to_string(),
                };
                found.candidates.push(Candidate::bad(at(line), "", why));
                continue;
            }
        };
        let spot = at(row.position().map_or(1, |place| begins(bytes, place)));
        if row.len() != headings.len() {
            let why = format!("it has {} cells, the heading {}", row.len(), headings.len());
            found.candidates.push(Candidate::bad(spot, "", why));
            continue;
        }
        let mut fields = Map::new();
        for (key, cell) in keys.iter().zip(row.iter()) {
            let cell = if own { armed(cell) } else { cell };
            let mark = own && key == OWN;
            if !cell.is_empty() && !mark {
                fields.insert(key.clone(), Value::from(cell));
            }
        }
        if own && fields.contains_key("id") {
            found.candidates.push(table::read(spot, fields));
            continue;
        }
        let id = headings
            .iter()
            .find(|name| {
                matches!(
                    name.to_lowercase().as_str(),
                    "id" | "number" | "key" | "issue key" | "issue id"
                )
            })
            .and_then(|name| fields.shift_remove(name))
            .and_then(|id| super::words::text(&id));
        found.candidates.push(match id {
            Some(id) => Candidate {
                fields,
                ..Candidate::new(spot, id)
            },
            None => Candidate::bad(spot, "", "it has no `id`, `number` or `key`"),
        });
    }
    found
}

/// The line on which a row begins: the reader counts the blank ones before it as a part of it.
fn begins(bytes: &[u8], place: &csv::Position) -> u64 {
    let from = usize::try_from(place.byte()).unwrap_or(usize::MAX);
    let rest = bytes.get(from..).unwrap_or_default();
    let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let blank = blank.filter(|byte| **byte == b'\n').count();
    place
        .line()
        .saturating_add(u64::try_from(blank).unwrap_or(u64::MAX))
}

fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    bare.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A cell that no spreadsheet takes for a formula: with a `'` in front where it could be.
#[must_use]
pub fn defused(text: &str) -> String {
    match is_formula(text) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

/// The text that [`defused`] gave this cell for.
fn armed(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

/// Rows of [`super::table_cells`] as CSV that [`read`] knows for our own; every cell is [`defused`].
///
/// # Errors
/// [`csv::Error`], which writing to memory does not make.
pub fn written(rows: &[Vec<String>]) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record([OWN].into_iter().chain(table::headings()))?;
    for row in rows {
        let cells = row.iter().map(|cell| defused(cell));
        writer.write_record(["1".to_owned()].into_iter().chain(cells))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::candidate::FIELDS;
    use super::*;

    #[test]
    fn p23_a_table_of_endless_columns_is_refused_at_once() {
        let wide = |columns: usize| {
            let names: Vec<String> = (0..columns).map(|n| format!("c{n}")).collect();
            read("wide.csv", format!("{}\n", names.join(",")).as_bytes())
        };
        assert!(wide(FIELDS).candidates.is_empty());
        let refused = wide(1_000_000).candidates.pop().and_then(|one| one.bad);
        assert_eq!(
            refused.as_deref(),
            Some("it has 1000000 columns, more than 4000")
        );
        let same = read("same.csv", "a,".repeat(500_000).as_bytes());
        assert!(same.candidates.iter().all(|one| one.bad.is_some()));
        assert!(same.anomalies.is_empty());
    }

    #[test]
    fn columns_of_one_name_are_numbered() {
        let read = read("same.csv", b"id,a,a-2,a,a\n1,x,y,z,w\n");
        let fields = &read.candidates[0].fields;
        let at = |key: &str| fields.get(key).and_then(Value::as_str);
        assert_eq!((at("a"), at("a-2")), (Some("x"), Some("y")));
        assert_eq!((at("a-3"), at("a-4")), (Some("z"), Some("w")), "{fields:?}");
    }

    #[test]
    fn p13_a_row_is_told_at_its_own_line() {
        let text = "id,title\n1,\"a\nb\"\n\r\n\n2\n3,c\n4\n";
        let found = read("f", text.as_bytes()).candidates.into_iter();
        let told: Vec<(usize, bool)> = found.map(|one| (one.at.line, one.bad.is_some())).collect();
        assert_eq!(told, [(2, false), (6, true), (7, false), (8, true)]);
    }

    #[test]
    fn p23_no_cell_is_a_formula_and_every_cell_comes_back() {
        let texts = [
            "=cmd()", "+1", "-1", "@x", "\tx", "\rx", "'=x", "''=x", "'x", "plain", "", "a=b",
        ];
        for text in texts {
            let cell = defused(text);
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell:?}"
            );
            assert_eq!(armed(&cell), text);
        }
    }
}
