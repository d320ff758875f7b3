//! What a command has to say, for people and for programs at once.

use std::sync::Arc;

use laneway::contract::LedgerView;
use laneway::ops::{Mutation, Site};
use laneway::workspace::BegunClaim;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::commands::ledger_after;

/// The answer of a command.
#[derive(Debug)]
pub struct Reply {
    /// For programs: the `data` of the envelope, as it is written. No tree of values is built of it:
    /// an answer may tell of every task of a long plan (P23).
    pub data: Option<Box<RawValue>>,
    /// For people: goes to standard output.
    pub text: String,
    /// For people: remarks that go to standard error.
    pub notes: Vec<String>,
    /// The ledger that was read or changed.
    pub ledger: Option<LedgerView>,
    /// The text only confirms what was done: nobody asked to read it.
    pub confirms: bool,
    /// The exit code: 0, or 1 for a negative answer.
    pub code: u8,
    /// The claim that is over once this was printed.
    pub begun: Option<Arc<BegunClaim>>,
}

impl Reply {
    /// A positive answer.
    pub fn new(data: &impl Serialize, text: impl Into<String>) -> Self {
        // A contract type always serialises; were one not to, the answer says so by being null.
        let data = to_raw_value(data).ok();
        Self {
            data,
            text: text.into(),
            notes: Vec::new(),
            ledger: None,
            confirms: false,
            code: 0,
            begun: None,
        }
    }

    /// Ends the note of a claim that was begun once the answer is out.
    pub fn ends(mut self, begun: Option<Arc<BegunClaim>>) -> Self {
        self.begun = begun;
        self
    }

    /// Names the ledger.
    pub fn ledger(mut self, ledger: LedgerView) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// Names the ledger after a mutation. What says that it was carried out is no answer that `-q`
    /// lets through; a rehearsal is.
    pub fn carried_out(self, site: &Site, mutation: &Mutation) -> Self {
        let done = mutation.carried_out;
        self.ledger(ledger_after(site, mutation)).confirms(done)
    }

    /// Says whether the text only confirms what was done.
    pub fn confirms(mut self, confirms: bool) -> Self {
        self.confirms = confirms;
        self
    }

    /// Adds a remark.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Makes the answer a negative one when `no`.
    pub fn negative(mut self, no: bool) -> Self {
        self.code = u8::from(no);
        self
    }
}
