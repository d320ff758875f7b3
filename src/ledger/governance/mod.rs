//! Reading every governance file there is, tolerantly, and judging them by the rules of
//! [`domain::rules`](crate::domain::rules).
//!
//! - [`Place`] is where files are read from: a working tree, the index, a commit. Nothing is
//!   followed: a link is a finding.
//! - [`Collected`] holds the files of both branches, each read once.
//! - [`Collected::judge`] gives every finding of every file. A file that does not read hides
//!   nothing of the others, and a bad value nothing of its neighbours: `salvage` takes it out and
//!   reads on.

mod collect;
mod judge;
mod place;
mod point;
mod remedy;
mod salvage;
mod shape;

pub use collect::{Collected, FileKind};
pub use place::{Content, Names, Place};
pub use remedy::{Mend, Mended, mended};
