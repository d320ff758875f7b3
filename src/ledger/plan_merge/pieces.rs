//! Parts of the result: settled ones, and ones that a person must settle.

use crate::ledger::document::sheet::newline;

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Theirs,
}

/// Whole lines of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Settled.
    Plain(String),
    /// In conflict; a side without the field or task is empty.
    Clash { ours: String, theirs: String },
}

/// What the conflict markers say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels<'a> {
    /// Behind the marker of our side.
    pub ours: &'a str,
    /// Behind the marker of their side.
    pub theirs: &'a str,
    /// Number of characters of a marker.
    pub marker: usize,
}

impl Piece {
    /// The lines as one side has them.
    pub fn of(&self, side: Side) -> &str {
        match (self, side) {
            (Self::Plain(text), _) => text,
            (Self::Clash { ours, .. }, Side::Ours) => ours,
            (Self::Clash { theirs, .. }, Side::Theirs) => theirs,
        }
    }

    /// The lines with conflict markers.
    pub fn marked(&self, labels: &Labels<'_>) -> String {
        let (ours, theirs) = match self {
            Self::Plain(text) => return text.clone(),
            Self::Clash { ours, theirs } => (ours, theirs),
        };
        let newline = newline(if ours.is_empty() { theirs } else { ours });
        let marker = |sign: &str, label: &str| {
            let sign = sign.repeat(labels.marker);
            let space = if label.is_empty() { "" } else { " " };
            format!("{sign}{space}{label}{newline}")
        };
        [
            &marker("<", labels.ours),
            ours,
            &marker("=", ""),
            theirs,
            &marker(">", labels.theirs),
        ]
        .map(String::as_str)
        .concat()
    }
}
