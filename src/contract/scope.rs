//! What was said about a scope, as people and programs see it.

use crate::domain::scope::ScopeRecord;

/// A scope record in one line.
pub(super) fn scope_line(record: &ScopeRecord) -> String {
    match record {
        ScopeRecord::Confirmed { text } => format!("understood: {text}"),
        ScopeRecord::Go { note: Some(note) } => format!("go: {note}"),
        ScopeRecord::Go { note: None } => "go".to_owned(),
    }
}
