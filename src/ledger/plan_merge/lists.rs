//! Lists of texts, merged as sets that keep their order.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Odd, order};
use crate::ledger::document::sheet::{Field, reindented};
use crate::ledger::document::{Document, Edit, Route};

/// The texts of a list that can be merged as a set.
fn texts(value: Option<&Json>) -> Option<Vec<String>> {
    let Some(value) = value else {
        return Some(Vec::new());
    };
    let texts: Option<Vec<String>> = value
        .as_array()?
        .iter()
        // A number among them keeps its kind: such a list is no set of texts.
        .map(|item| item.as_str().filter(|text| !text.starts_with('\0')))
        .map(|text| text.map(str::to_owned))
        .collect();
    let texts = texts?;
    let distinct: std::collections::HashSet<&String> = texts.iter().collect();
    (distinct.len() == texts.len()).then_some(texts)
}

/// The list that both sides leave; `None` when the values are no such lists, or both sides moved
/// items, each in its way.
pub(super) fn merge(base: Option<&Json>, ours: &Json, theirs: &Json) -> Option<Vec<String>> {
    let (base, ours, theirs) = (texts(base)?, texts(Some(ours))?, texts(Some(theirs))?);
    let merged = order::merge(&base, &ours, &theirs);
    (!merged.contested).then_some(merged.names)
}

/// Our field with these items: in block style the lines of the items are kept, ours or theirs.
pub(super) fn written(ours: &Field, theirs: &Field, items: &[String]) -> Result<String, Odd> {
    let by_lines = (|| {
        let (we, they) = (ours.items()?, theirs.items()?);
        let (our_items, their_items) = (texts(Some(&ours.value))?, texts(Some(&theirs.value))?);
        let (ours_at, theirs_at) = (places(&our_items), places(&their_items));
        let mut text = we.head.clone();
        for item in items {
            let line = match ours_at.get(item) {
                Some(at) => we.items.get(*at)?.clone(),
                None => {
                    let at = theirs_at.get(item)?;
                    reindented(they.items.get(*at)?, they.dash, we.dash)
                }
            };
            text.push_str(&line);
        }
        (!items.is_empty()).then(|| text + &we.tail)
    })();
    if let Some(text) = by_lines {
        return Ok(text);
    }
    let mut document = Document::new(ours.text.clone());
    document.apply(&Edit::SetList {
        route: Route::key(&ours.key),
        items: items.to_vec(),
    })?;
    Ok(document.into_source())
}

/// Where each text of a list stands.
fn places(items: &[String]) -> HashMap<&String, usize> {
    let places = items.iter().enumerate();
    places.map(|(at, item)| (item, at)).collect()
}
