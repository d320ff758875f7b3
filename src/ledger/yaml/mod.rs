//! Strict reading and canonical writing of YAML.
//!
//! Every file of rules, plan and state passes through [`parse`], which accepts one *ledger
//! profile* of YAML 1.2: one document, UTF-8, no anchors, aliases, merge keys or tags, no
//! duplicate keys, bounded size and depth. Whatever lies outside is refused with its position
//! before anything acts on it (PROMISES P13, P23).
//!
//! - [`parse`] gives a tree of [`Node`]s that borrow from the source and know their byte spans.
//! - [`read`] and [`from_node`] turn nodes into typed values; errors keep the span of the culprit.
//! - [`Tree`] is a value without positions; [`to_tree`] makes one from any serialisable type.
//! - [`emit`] writes a [`Tree`] in the one canonical form that state files have. It depends on no
//!   library's formatting, because audits compare its bytes.
//!
//! Scalars follow the YAML 1.2 core schema, narrowed: only `true` and `false` are booleans, and
//! decimal numbers with a leading zero, like `010`, are strings. So are `no`, `1_000` and dates.

mod de;
mod emit;
mod error;
mod node;
mod parse;
mod scalar;
mod ser;
mod shape;
mod tree;

pub use crate::domain::suggest::closest;
pub use de::{from_node, read};
pub use emit::{
    Context, Literal, double_quoted, emit, emit_lines, emit_scalar, literal_block, single_quoted,
};
pub use error::{LineIndex, SyntaxError};
pub use node::{Key, Node, Span, Style, Value};
pub use parse::{Limits, parse, parse_bytes, parse_items, text};
pub use scalar::{Resolved, resolve};
pub use ser::{TreeError, to_tree};
pub use shape::{ShapeError, Subject};
pub use tree::Tree;
