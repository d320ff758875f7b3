//! Comments that must not get lost.

use super::Odd;
use crate::ledger::document::sheet::{comments, newline};

/// The comments that the result owes: those that both sides have, or that one of them added.
pub(super) fn owed(
    base: Option<&str>,
    ours: Option<&str>,
    theirs: Option<&str>,
) -> Result<Vec<String>, Odd> {
    let of = |text: Option<&str>| comments(text.unwrap_or_default());
    let (base, ours, theirs) = (of(base)?, of(ours)?, of(theirs)?);
    let mut owed: Vec<String> = Vec::new();
    let mut left = theirs;
    let mut old = base.clone();
    for remark in ours {
        let shared = take(&mut left, &remark);
        let known = take(&mut old, &remark);
        if shared || !known {
            owed.push(remark);
        }
    }
    let mut old = base;
    owed.extend(left.into_iter().filter(|remark| !take(&mut old, remark)));
    Ok(owed)
}

/// Takes one comment out of a list.
fn take(list: &mut Vec<String>, remark: &str) -> bool {
    let at = list.iter().position(|found| found == remark);
    at.is_some_and(|at| {
        list.remove(at);
        true
    })
}

/// The text with those comments that it lacks, on lines of their own above it.
pub(super) fn kept(text: &str, owed: Vec<String>, column: usize) -> Result<String, Odd> {
    let lines = missing(text, owed, column)?;
    Ok(format!("{lines}{text}"))
}

/// Lines for the comments that a text lacks.
pub(super) fn missing(text: &str, owed: Vec<String>, column: usize) -> Result<String, Odd> {
    let mut there = comments(text)?;
    let newline = newline(text);
    let lost = owed.into_iter().filter(|remark| !take(&mut there, remark));
    Ok(lost
        .map(|remark| format!("{}{remark}{newline}", " ".repeat(column)))
        .collect())
}
