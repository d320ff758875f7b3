//! One task that both sides changed: its fields, one by one.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::pieces::{Piece, Side};
use super::tasks::Task;
use super::{Clash, Odd, lists, order, remarks};
use crate::ledger::document::sheet::{Block, Field, Fields, reindented};

/// What becomes of a field.
enum Fate {
    /// It has these lines and this value.
    Kept(String, Json),
    /// It is gone.
    Gone,
    /// Both sides have their say.
    Contested,
}

/// Merges a task; without a base both sides added it.
pub(super) fn merge(
    base: Option<&Block>,
    ours: &Block,
    theirs: &Block,
    clashes: &mut Vec<Clash>,
) -> Result<Task, Odd> {
    let base = base.map(Block::fields).transpose()?;
    let (ours, theirs) = (ours.fields()?, theirs.fields()?);
    let column = ours.column;
    let [base, theirs] = [base, Some(theirs)].map(|fields| fields.map(|fields| fields.at(column)));
    let theirs = theirs.unwrap_or_else(|| ours.clone());
    let keys = [base.as_ref(), Some(&ours), Some(&theirs)].map(|fields| {
        let fields = fields.map_or(&[][..], |fields| &fields.fields);
        fields
            .iter()
            .map(|field| field.key.clone())
            .collect::<Vec<_>>()
    });
    let [_, our_keys, their_keys] = &keys;
    let id = text_of(&ours, "id");
    let was_by_key = base.as_ref().map(Fields::by_key).unwrap_or_default();
    let (we_by_key, they_by_key) = (ours.by_key(), theirs.by_key());
    let mut values = [Map::new(), Map::new()];
    let mut pieces = Vec::new();
    // What one side removed stands in the order, too: the other may have changed it.
    for key in order::woven(our_keys, their_keys) {
        let [was, we, they] =
            [&was_by_key, &we_by_key, &they_by_key].map(|fields| fields.get(key.as_str()).copied());
        match fate(was, we, they, column)? {
            Fate::Gone => {}
            Fate::Kept(text, value) => {
                values.iter_mut().for_each(|values| {
                    values.insert(key.clone(), value.clone());
                });
                pieces.push(Piece::Plain(text));
            }
            Fate::Contested => {
                let sides = [we, they].map(|field| field.map(|field| field.value.clone()));
                for (values, value) in values.iter_mut().zip(&sides) {
                    if let Some(value) = value {
                        values.insert(key.clone(), value.clone());
                    }
                }
                let [ours, theirs] = sides;
                clashes.push(Clash {
                    task: id.clone(),
                    field: Some(key),
                    ours,
                    base: was.map(|field| field.value.clone()),
                    theirs,
                });
                let text =
                    |field: Option<&Field>| field.map_or_else(String::new, |f| f.text.clone());
                pieces.push(Piece::Clash {
                    ours: text(we),
                    theirs: text(they),
                });
            }
        }
    }
    with_dash(&mut pieces, ours.dash, column)?;
    let lead = lead(base.as_ref(), &ours, &theirs)?;
    pieces.insert(0, Piece::Plain(lead));
    let [ours, theirs] = values.map(|values| Some(Json::Object(values)));
    Ok(Task {
        pieces,
        ours,
        theirs,
    })
}

fn text_of(fields: &Fields, key: &str) -> String {
    let field = fields.fields.iter().find(|field| field.key == key);
    let value = field.map(|field| &field.value);
    value.and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Blank lines and comments above the task.
fn lead(base: Option<&Fields>, ours: &Fields, theirs: &Fields) -> Result<String, Odd> {
    let base = base.map_or("", |fields| &fields.lead);
    let (we, they) = (ours.lead.as_str(), theirs.lead.as_str());
    if alike(we, they) || alike(they, base) {
        return Ok(we.to_owned());
    }
    if alike(we, base) {
        return Ok(they.to_owned());
    }
    let owed = remarks::owed(Some(base), Some(we), Some(they))?;
    Ok(format!("{we}{}", remarks::missing(we, owed, ours.dash)?))
}

/// Whether two texts are the same but for blank lines around them.
pub(super) fn alike(one: &str, other: &str) -> bool {
    lines_of(one) == lines_of(other)
}

fn lines_of(text: &str) -> &str {
    let text = text.trim_end();
    let start = text.len() - text.trim_start().len();
    let start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    &text[start..]
}

fn fate(
    base: Option<&Field>,
    ours: Option<&Field>,
    theirs: Option<&Field>,
    column: usize,
) -> Result<Fate, Odd> {
    let same = |one: Option<&Field>, other: Option<&Field>| match (one, other) {
        (Some(one), Some(other)) => alike(&one.text, &other.text) && one.value == other.value,
        (None, None) => true,
        _ => false,
    };
    let as_is = |field: Option<&Field>| match field {
        Some(field) => Fate::Kept(field.text.clone(), field.value.clone()),
        None => Fate::Gone,
    };
    if same(ours, theirs) || same(theirs, base) {
        return Ok(as_is(ours));
    }
    if same(ours, base) {
        return Ok(as_is(theirs));
    }
    let texts = [base, ours, theirs].map(|field| field.map(|field| field.text.as_str()));
    let [was, we, they] = texts;
    let owed = remarks::owed(was, we, they)?;
    let was = base.map(|field| &field.value);
    let (ours, theirs) = match (ours, theirs) {
        (Some(ours), Some(theirs)) => (ours, theirs),
        // Removed here and written in another way there, with the same value and no new comment.
        (Some(left), None) | (None, Some(left)) if was == Some(&left.value) && owed.is_empty() => {
            return Ok(Fate::Gone);
        }
        _ => return Ok(Fate::Contested),
    };
    let (text, value) = if ours.value == theirs.value || was == Some(&theirs.value) {
        (ours.text.clone(), ours.value.clone())
    } else if was == Some(&ours.value) {
        (theirs.text.clone(), theirs.value.clone())
    } else if let Some(items) = lists::merge(was, &ours.value, &theirs.value) {
        let value = items.iter().cloned().map(Json::String).collect();
        (lists::written(ours, theirs, &items)?, Json::Array(value))
    } else {
        return Ok(Fate::Contested);
    };
    Ok(Fate::Kept(remarks::kept(&text, owed, column)?, value))
}

/// Puts the dash in front of the first field. A field in conflict, which may be missing on one
/// side, does not come first.
fn with_dash(pieces: &mut Vec<Piece>, dash: usize, column: usize) -> Result<(), Odd> {
    let first = pieces
        .iter()
        .position(|piece| matches!(piece, Piece::Plain(_)));
    let Some(first) = first else {
        return Err(Odd("no field of a task is left".to_owned()));
    };
    let piece = pieces.remove(first);
    let mut text = piece.of(Side::Ours).to_owned();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if !bare.is_empty() && !bare.starts_with('#') {
            break;
        }
        at += line.len();
    }
    let room = text
        .get(at..at + column)
        .is_some_and(|room| room.bytes().all(|byte| byte == b' '));
    if !room || dash >= column {
        return Err(Odd("a task has no room for its dash".to_owned()));
    }
    text.replace_range(at + dash..=at + dash, "-");
    pieces.insert(0, Piece::Plain(text));
    Ok(())
}

impl Fields {
    /// The fields by their keys: a task may have many (P23).
    fn by_key(&self) -> HashMap<&str, &Field> {
        let fields = self.fields.iter();
        fields.map(|field| (field.key.as_str(), field)).collect()
    }

    /// The same with its keys at another column.
    fn at(mut self, column: usize) -> Self {
        for field in &mut self.fields {
            field.text = reindented(&field.text, self.column, column);
        }
        self.column = column;
        self
    }
}
