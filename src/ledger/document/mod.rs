//! Lossless edits of the YAML files that people write.
//!
//! A [`Document`] keeps its source text. An [`Edit`] is addressed by a [`Route`] and is one of few
//! operations; what each does not support is written on its variant. Applying an edit
//!
//! 1. reads the source strictly ([`yaml`](super::yaml)): whatever lies outside the ledger profile
//!    is refused with its position;
//! 2. finds one range of bytes and its replacement from the spans of the nodes, preferring whole
//!    lines. Some layouts (a block scalar that keeps its trailing blank lines) need a second or
//!    third choice, so there are several candidates;
//! 3. reads the result again and takes the first candidate whose model is the old model with
//!    exactly the change applied; if there is none, the edit fails and nothing has changed.
//!
//! Whole tasks are moved by a [`sheet`]: the text cut into tasks with their comments.
//!
//! So comments, key order, quoting, line ends, a byte-order mark and a missing final newline stay
//! as they are outside the edited lines (PROMISES P14), and a wrong splice cannot be written.

mod apply;
mod edit;
mod error;
mod layout;
mod plan;
mod respell;
pub mod sheet;
mod verify;

pub use apply::Document;
pub use edit::{Atom, Edit, Route, Step};
pub use error::EditError;
pub use respell::Respelling;

#[cfg(test)]
mod tests;
