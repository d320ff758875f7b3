//! The files of a ledger as types: what they may say, and what that means.
//!
//! Reading has two steps. Serde gives the shape: a type of [`v1`], with unknown keys refused.
//! `into_domain` gives the meaning: a value of [`domain`](crate::domain), or every problem of the
//! file at once, each with the JSON pointer of the offending value. Positions and syntax
//! are the business of [`yaml`](super::yaml): any serde format reads and writes these types.

pub mod problem;
pub mod read;
pub mod schema;
pub mod shape;
pub mod templates;
pub mod text;
pub mod v1;

pub use problem::Problem;
pub use read::{File, ReadError, read};
