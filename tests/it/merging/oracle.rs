//! What a merge must give, said over values, field by field, without a look at any byte.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::plans::{Field, Plan, Task};

/// What is expected of a merge.
#[derive(Debug, Default)]
pub struct Expected {
    /// Task and field; no field: the task as a whole.
    pub clashes: BTreeSet<(String, Option<String>)>,
    /// What each task says where every conflict is settled our way.
    pub ours: BTreeMap<String, Map<String, Json>>,
}

pub fn expected(base: &Plan, ours: &Plan, theirs: &Plan) -> Expected {
    let mut expected = Expected::default();
    let ids: BTreeSet<&String> = [base, ours, theirs]
        .iter()
        .flat_map(|plan| plan.tasks.iter().map(|task| &task.id))
        .collect();
    for id in ids {
        let (b, o, t) = (base.get(id), ours.get(id), theirs.get(id));
        match (b, o, t) {
            (_, None, None) => {}
            (_, Some(o), Some(t)) => {
                let value = both(b, o, t, &mut expected.clashes);
                expected.ours.insert(id.clone(), value);
            }
            (None, Some(one), None) | (None, None, Some(one)) => {
                expected.ours.insert(id.clone(), one.json());
            }
            (Some(b), one, other) => {
                // What is written alike is alike.
                if one.or(other).map(|left| left.write(0)) != Some(b.write(0)) {
                    expected.clashes.insert((id.clone(), None));
                    if let Some(o) = o {
                        expected.ours.insert(id.clone(), o.json());
                    }
                }
            }
        }
    }
    expected
}

fn both(
    base: Option<&Task>,
    ours: &Task,
    theirs: &Task,
    clashes: &mut BTreeSet<(String, Option<String>)>,
) -> Map<String, Json> {
    let mut result = ours.json();
    let keys: BTreeSet<&str> = [base, Some(ours), Some(theirs)]
        .into_iter()
        .flatten()
        .flat_map(|task| task.fields.iter().map(|field| field.key))
        .collect();
    for key in keys {
        let b = base.and_then(|task| task.get(key));
        let (o, t) = (ours.get(key), theirs.get(key));
        let [vb, vo, vt] = [b, o, t].map(|field| field.map(Field::json));
        let known: Vec<String> = b.map(Field::remarks).unwrap_or_default();
        let says_more = |field: Option<&Field>| {
            field.is_some_and(|field| field.remarks().iter().any(|remark| !known.contains(remark)))
        };
        let one_removed = b.is_some() && o.is_some() != t.is_some();
        let chosen = if one_removed && (says_more(o) || says_more(t)) {
            None
        } else if vo == vt || vt == vb {
            Some(vo.clone())
        } else if vo == vb {
            Some(vt)
        } else {
            set(vb.as_ref(), vo.as_ref(), vt.as_ref()).map(Some)
        };
        match chosen {
            Some(Some(value)) => {
                result.insert(key.to_owned(), value);
            }
            Some(None) => {
                result.remove(key);
            }
            None => {
                clashes.insert((ours.id.clone(), Some(key.to_owned())));
            }
        }
    }
    result
}

fn set(base: Option<&Json>, ours: Option<&Json>, theirs: Option<&Json>) -> Option<Json> {
    let (o, t) = (ours?.as_array()?, theirs?.as_array()?);
    let empty = Vec::new();
    let b = match base {
        Some(base) => base.as_array()?,
        None => &empty,
    };
    let common = |list: &Vec<Json>| -> Vec<Json> {
        let everywhere = |item: &&Json| [b, o, t].iter().all(|list| list.contains(item));
        list.iter().filter(everywhere).cloned().collect()
    };
    if common(o) != common(b) && common(t) != common(b) && common(o) != common(t) {
        return None;
    }
    let gone = |item: &&Json| b.contains(item) && !(o.contains(item) && t.contains(item));
    let all: BTreeSet<String> = o
        .iter()
        .chain(t)
        .filter(|item| !gone(item))
        .map(|item| item.as_str().unwrap_or_default().to_owned())
        .collect();
    Some(all.into_iter().map(Json::from).collect())
}

/// A value in which the order of lists does not count.
pub fn unordered(value: &Map<String, Json>) -> Map<String, Json> {
    let sorted = |value: &Json| match value {
        Json::Array(items) => {
            let mut items: Vec<String> = items.iter().map(ToString::to_string).collect();
            items.sort();
            items.into_iter().map(Json::from).collect()
        }
        other => other.clone(),
    };
    value
        .iter()
        .map(|(key, value)| (key.clone(), sorted(value)))
        .collect()
}
