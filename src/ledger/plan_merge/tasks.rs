//! The tasks of three plan texts, by id.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::fields;
use super::pieces::{Piece, Side};
use super::{Clash, Odd, order, tasks_of};
use crate::ledger::document::sheet::{Block, Sheet, reindented};

/// A task of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    /// Its lines.
    pub pieces: Vec<Piece>,
    /// What it says where every conflict is settled our way; none: it is gone then.
    pub ours: Option<Json>,
    /// What it says where every conflict is settled their way.
    pub theirs: Option<Json>,
}

/// All tasks of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    pub tasks: Vec<Task>,
    pub clashes: Vec<Clash>,
}

pub(super) fn merge(base: Option<&Sheet>, ours: &Sheet, theirs: &Sheet) -> Result<Merged, Odd> {
    // How deep the list stands says nothing: all three are read as ours.
    let dash = [Some(ours), Some(theirs), base]
        .into_iter()
        .flatten()
        .find_map(|sheet| sheet.blocks.first())
        .map_or(0, |block| block.dash);
    let [base, ours, theirs] = [base, Some(ours), Some(theirs)].map(|sheet| {
        let blocks = sheet.map_or(&[][..], |sheet| &sheet.blocks);
        let at_dash = |block: &Block| Block {
            text: reindented(&block.text, block.dash, dash),
            dash,
            ..block.clone()
        };
        blocks.iter().map(at_dash).collect::<Vec<Block>>()
    });
    let [was, we, they] = [&base, &ours, &theirs].map(|blocks| {
        let by_id = blocks.iter().map(|block| (block.id.as_str(), block));
        by_id.collect::<HashMap<&str, &Block>>()
    });
    let ids =
        |blocks: &[Block]| -> Vec<String> { blocks.iter().map(|block| block.id.clone()).collect() };
    let mut result = Merged {
        tasks: Vec::new(),
        clashes: Vec::new(),
    };
    for id in ordered(&ids(&base), &ids(&ours), &ids(&theirs)) {
        let id = id.as_str();
        let sides = (
            was.get(id).copied(),
            we.get(id).copied(),
            they.get(id).copied(),
        );
        if let Some(task) = one(sides, &mut result.clashes)? {
            result.tasks.push(task);
        }
    }
    Ok(result)
}

/// The ids of both sides in the order of the result; also those that one side removed, because
/// the other may have changed them.
fn ordered(base: &[String], ours: &[String], theirs: &[String]) -> Vec<String> {
    let kept = order::merge(base, ours, theirs).names;
    order::woven(&order::woven(&kept, ours), theirs)
}

/// Whether two blocks are the same but for blank lines around them.
fn alike(one: &Block, other: &Block) -> bool {
    fields::alike(&one.text, &other.text) && one.value == other.value
}

type Sides<'b> = (Option<&'b Block>, Option<&'b Block>, Option<&'b Block>);

fn one(sides: Sides<'_>, clashes: &mut Vec<Clash>) -> Result<Option<Task>, Odd> {
    let as_is = |block: &Block| {
        Some(Task {
            pieces: vec![Piece::Plain(block.text.clone())],
            ours: Some(block.value.clone()),
            theirs: Some(block.value.clone()),
        })
    };
    let value = |block: Option<&Block>| block.map(|block| block.value.clone());
    let (base, ours, theirs) = sides;
    Ok(match (base, ours, theirs) {
        (_, None, None) => None,
        (None, Some(only), None) | (None, None, Some(only)) => as_is(only),
        (_, Some(ours), Some(theirs)) if alike(ours, theirs) => as_is(ours),
        (Some(base), Some(ours), Some(theirs)) if alike(theirs, base) => as_is(ours),
        // Their lines may stand under another comment: our blank lines say nothing.
        (Some(base), Some(ours), Some(theirs)) if alike(ours, base) => as_is(theirs),
        (base, Some(ours), Some(theirs)) => Some(fields::merge(base, ours, theirs, clashes)?),
        (Some(base), Some(left), None) | (Some(base), None, Some(left)) => {
            if alike(left, base) {
                return Ok(None);
            }
            let text = |block: Option<&Block>| block.map_or_else(String::new, |b| b.text.clone());
            clashes.push(Clash {
                task: left.id.clone(),
                field: None,
                ours: value(ours),
                base: value(Some(base)),
                theirs: value(theirs),
            });
            Some(Task {
                pieces: vec![Piece::Clash {
                    ours: text(ours),
                    theirs: text(theirs),
                }],
                ours: value(ours),
                theirs: value(theirs),
            })
        }
    })
}

/// Whether a text with every conflict settled one way says what was decided.
pub(super) fn verify(text: &str, tasks: &[Task], side: Side) -> Result<(), Odd> {
    let decided = tasks.iter().filter_map(|task| match side {
        Side::Ours => task.ours.as_ref(),
        Side::Theirs => task.theirs.as_ref(),
    });
    let written = tasks_of(text)?;
    match decided.eq(&written) {
        true => Ok(()),
        false => Err(Odd(
            "the merged text would not say what was decided".to_owned()
        )),
    }
}
