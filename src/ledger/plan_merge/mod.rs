//! Three-way merge of plan texts: tasks by id, their fields one by one, lists as sets that keep
//! their order (X17).
//!
//! The result is ours with what theirs changed: what neither side touched keeps our bytes, what
//! one side touched comes from there with its comments, quotes and unknown keys. It is read again
//! and compared with the values that were decided before it is given out, so a wrong splice cannot
//! be written (P14). Whatever this cannot judge is [`Odd`], and git's textual merge has it.
//!
//! It needs no repository, ledger or configuration.

mod fields;
mod lists;
mod order;
mod pieces;
mod remarks;
mod tasks;

use serde_json::Value as Json;

pub use pieces::Labels;
use pieces::{Piece, Side};

use super::BadFile;
use super::document::EditError;
use super::document::sheet::{Sheet, exact, newline, readable};
use super::format::v1::queue::QueueFile;
use super::paths;
use super::read::{self, Origin};
use super::yaml::{Limits, parse};

/// A merged plan text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The text; with conflict markers around each field that is in conflict.
    pub text: String,
    /// What is in conflict; empty: the merge is clean.
    pub clashes: Vec<Clash>,
}

/// A field, or a whole task, that both sides changed, each in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Of which task.
    pub task: String,
    /// Which field; none: one side removed the task that the other changed.
    pub field: Option<String>,
    /// What we say; none: it is not there.
    pub ours: Option<Json>,
    /// What it was.
    pub base: Option<Json>,
    /// What they say.
    pub theirs: Option<Json>,
}

/// Why a merge by tasks is not possible here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Odd(pub String);

impl Odd {
    fn of(side: &str, error: &EditError) -> Self {
        Self(format!("{side}: {}", error.finding()))
    }
}

impl From<EditError> for Odd {
    fn from(error: EditError) -> Self {
        Self(error.finding().to_string())
    }
}

/// Merges what `ours` and `theirs` made of `base`.
///
/// # Errors
/// [`Odd`] when a side does not read, or the merge by tasks would not be safe.
pub fn merge(base: &str, ours: &str, theirs: &str, labels: &Labels<'_>) -> Result<Merged, Odd> {
    let clean = |text: &str| Merged {
        text: text.to_owned(),
        clashes: Vec::new(),
    };
    if theirs == base || ours == theirs {
        return Ok(clean(ours));
    }
    if ours == base {
        return Ok(clean(theirs));
    }
    one_line_end([base, ours, theirs])?;
    let sheets = [("base", base), ("ours", ours), ("theirs", theirs)].map(|(name, text)| {
        let text = finished(text, newline(ours));
        match text.trim().is_empty() {
            true => Ok(None),
            false => Sheet::cut(&text)
                .map(Some)
                .map_err(|error| Odd::of(name, &error)),
        }
    });
    let [base_sheet, ours_sheet, theirs_sheet] = sheets;
    let (Some(ours_sheet), Some(theirs_sheet)) = (ours_sheet?, theirs_sheet?) else {
        return Err(Odd("one side is empty".to_owned()));
    };
    let base_sheet = base_sheet?;
    let frame = frame(base_sheet.as_ref(), &ours_sheet, &theirs_sheet)?;
    let merged = tasks::merge(base_sheet.as_ref(), &ours_sheet, &theirs_sheet)?;
    for side in [Side::Ours, Side::Theirs] {
        let text = written(&frame, &merged.tasks, |piece| piece.of(side).to_owned());
        tasks::verify(&text, &merged.tasks, side)?;
    }
    let mut text = written(&frame, &merged.tasks, |piece| piece.marked(labels));
    if merged.clashes.is_empty() {
        reads(&text).map_err(|bad| Odd(format!("the result is no plan: {bad}")))?;
    }
    if !ours.ends_with('\n') && text.ends_with('\n') {
        let end = text.trim_end_matches('\n').trim_end_matches('\r').len();
        text.truncate(end);
        if merged.clashes.is_empty() {
            tasks::verify(&text, &merged.tasks, Side::Ours)?;
        }
    }
    Ok(Merged {
        text,
        clashes: merged.clashes.into_iter().map(Clash::readable).collect(),
    })
}

impl Clash {
    fn readable(self) -> Self {
        Self {
            ours: self.ours.map(readable),
            base: self.base.map(readable),
            theirs: self.theirs.map(readable),
            ..self
        }
    }
}

/// Whether a text is a plan.
///
/// # Errors
/// [`BadFile`] with all that speaks against it.
pub fn reads(text: &str) -> Result<(), BadFile> {
    let origin = Origin {
        file: paths::QUEUE,
        commit: None,
    };
    read::meaning::<QueueFile>(origin, text.as_bytes(), Limits::PLAN).map(drop)
}

/// All line ends of all sides must be alike.
fn one_line_end(texts: [&str; 3]) -> Result<(), Odd> {
    let count = |text: &str| (text.matches('\n').count(), text.matches("\r\n").count());
    let (all, carriage) = texts
        .iter()
        .map(|text| count(text))
        .fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
    match carriage == 0 || carriage == all {
        true => Ok(()),
        false => Err(Odd("the line ends differ".to_owned())),
    }
}

/// The text with its last line ended.
fn finished(text: &str, newline: &str) -> String {
    match text.is_empty() || text.ends_with('\n') {
        true => text.to_owned(),
        false => format!("{text}{newline}"),
    }
}

/// What stands around the tasks: from the side that changed it.
fn frame(base: Option<&Sheet>, ours: &Sheet, theirs: &Sheet) -> Result<Sheet, Odd> {
    let part = |what: &str, of: fn(&Sheet) -> &String| {
        let (ours, theirs) = (of(ours), of(theirs));
        match base.map(of) {
            _ if ours == theirs => Ok(Side::Ours),
            Some(base) if base == theirs => Ok(Side::Ours),
            Some(base) if base == ours => Ok(Side::Theirs),
            _ => Err(Odd(format!(
                "both sides changed what stands {what} the tasks"
            ))),
        }
    };
    let from = |side| match side {
        Side::Ours => ours,
        Side::Theirs => theirs,
    };
    let mut frame = from(part("above", |sheet| &sheet.head)?).clone();
    let tail = from(part("below", |sheet| &sheet.tail)?).tail.clone();
    frame.tail = tail;
    Ok(frame)
}

/// The whole text, each piece written by `form`.
fn written(frame: &Sheet, tasks: &[tasks::Task], form: impl Fn(&Piece) -> String) -> String {
    let texts: Vec<String> = tasks
        .iter()
        .flat_map(|task| &task.pieces)
        .map(form)
        .collect();
    frame.with_tasks(texts.iter().map(String::as_str))
}

/// What a text says: its tasks in order.
fn tasks_of(text: &str) -> Result<Vec<Json>, Odd> {
    let root = parse(text, Limits::PLAN).map_err(|error| Odd(format!("the result: {error}")))?;
    let list = root.get("tasks").and_then(super::yaml::Node::as_seq);
    Ok(list.unwrap_or_default().iter().map(exact).collect())
}
