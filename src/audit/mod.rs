//! Looking back over a ledger: every commit decided again ([`verify`]), and its history told as
//! values ([`story`]).
//!
//! Reads only; knows the ledger, and nothing of terminals. What git can prove is computed anew, so
//! an auditor believes a ledger commit nothing but what its request observed outside of git.

mod attribution;
mod authorship;
mod coverage;
mod difference;
pub mod remembered;
mod repeated;
mod replay;
pub mod signature;
mod story;
mod verify;

pub use attribution::{Attributed, Attribution, Fault, Listed, Silent, attribution};
pub use authorship::{Authorship, Written, authorship};
pub use coverage::{Coverage, Uncovered, coverage};
pub use difference::Difference;
pub use replay::{At, Taken, find as find_commit, state as state_at};
pub use story::{Entry, Order, Story, Turn, story};
pub use verify::{AuditError, Verdict, Verification, first, verify, verify_line, verify_range};

#[cfg(test)]
mod tests;
