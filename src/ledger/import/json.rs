//! Issue lists as JSON: one object a line, or one array of objects.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::pieces::{self, Piece};
use super::{Candidate, Gathered, Spot, written};
use crate::ledger::yaml::Limits;

/// Reads a list of issues. A line that does not read is a bad entry; the others are read all the
/// same.
#[must_use]
pub fn read(file: &str, bytes: &[u8]) -> Gathered {
    let mut found = Gathered::default();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.len() > Limits::PLAN.bytes {
        let why = format!(
            "the file has {} bytes, more than {}",
            bytes.len(),
            Limits::PLAN.bytes
        );
        found
            .candidates
            .push(Candidate::bad(Spot::new(file, 1), "", why));
        return found;
    }
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let (pieces, ended) = pieces::each(bytes, 0..bytes.len(), written::json);
        for Piece { line, value } in pieces {
            let at = Spot::new(file, line);
            found.candidates.push(match value {
                Ok(value) => one(at, value),
                Err(why) => Candidate::bad(at, "", why),
            });
        }
        if !ended {
            let last = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
            let why = "the array does not end: the file is cut off";
            found
                .candidates
                .push(Candidate::bad(Spot::new(file, last), "", why));
        }
        return found;
    }
    for (n, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let at = Spot::new(file, n + 1);
        found.candidates.push(match written::json(line) {
            Ok(value) => one(at, value),
            Err(error) => Candidate::bad(at, "", pieces::within(&error, 0)),
        });
    }
    found
}

fn one(at: Spot, value: Value) -> Candidate {
    let Value::Object(mut fields) = value else {
        return Candidate::bad(at, "", "an issue is an object");
    };
    let id = ["id", "number", "key", "iid"]
        .into_iter()
        .find_map(|key| super::words::text(fields.get(key)?).map(|id| (key, id)));
    match id {
        Some((key, id)) => {
            fields.shift_remove(key);
            Candidate {
                fields,
                ..Candidate::new(at, id)
            }
        }
        None => Candidate::bad(at, "", "it has no `id`, `number` or `key`"),
    }
}

/// A JSON value with no key twice: the usual reader keeps the last one and says nothing.
pub(super) struct Strict(pub Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = list.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if entries.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` is here twice")));
            }
            let Strict(value) = map.next_value()?;
            entries.insert(key, value);
        }
        Ok(entries.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        let found = read("f", text.as_bytes()).candidates.into_iter();
        found
            .map(|one| format!("{} {} {}", one.at.line, one.id, one.bad.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn p13_an_element_that_does_not_read_hides_no_other() {
        let text =
            "[\n {\"id\": 1, \"t\": \"],\\\"[\"},\n {\"id\": 2,},\n {\"id\": 3, \"id\": 3}, 7\n]\n";
        assert_eq!(
            told(text),
            [
                "2 1 ",
                "3  trailing comma at column 11",
                "4  the key `id` is here twice at column 15",
                "4  an issue is an object",
            ]
        );
        assert_eq!(told("[]"), Vec::<String>::new());
        assert_eq!(told("[ ]\n"), Vec::<String>::new());
        assert_eq!(told("[[]]"), ["1  an issue is an object"]);
        let cut = "2  the array does not end: the file is cut off";
        assert_eq!(told("[{\"id\": 1}\n"), ["1 1 ", cut]);
        assert_eq!(told("[{\"id\": 1}] x").len(), 2);
        assert_eq!(told("[{\"id\": 1}, {\"id\": ").len(), 3);
    }
}
