//! The checkouts of a governed repository: lanes, their bindings, the target's checkout, scratch.
//!
//! Knows git and the domain's values, nothing of the ledger. Every function takes what it needs
//! (paths, commits, which commits are kept) and decides nothing about tasks.
//!
//! Invariants:
//! - A commit is given up only when the target, a work ref or the new start reaches it; a tracked
//!   change, an untracked file or an operation in progress stops whatever would touch it.
//! - A path is reserved before a branch is made, and a failure leaves neither behind.
//! - One worktree per lane: whatever else stands at its path, or holds its branch, is refused (P3).
//! - A crash leaves at most a journal that names its owner; the next call completes or undoes it.

mod binding;
mod checkout;
mod error;
mod journal;
mod lane;
mod listing;
mod path;
mod place;
mod removal;
mod retire;
mod saved;
mod scratch;
mod sync;
mod unfinished;

#[cfg(test)]
mod lanes_tests;
#[cfg(test)]
mod testing;

pub use binding::{Binding, BindingError};
pub use checkout::{
    CheckoutError, PreparedCheckout, Recovered, may_be_unsettled, prepare, recover, unsettled,
};
pub use error::{Obstacle, WorkspaceError};
pub use journal::{BegunClaim, LeftClaim, left_claims};
pub use lane::{How, LaneSpec, Opened, check, open};
pub use listing::{LaneStatus, lanes_of, list};
pub use path::{LanePlaces, lane_path, takeover_path};
pub use place::Stands;
pub use removal::{Removal, Removed, obstacles, remove};
pub use retire::retire;
pub use saved::{Saved, WorkRef, earlier_ref, leaves, save, work_ref, work_refs};
pub use scratch::{Scratch, left_scratches, prune_scratch};
pub use sync::{Synced, rehearse, sync};
pub use unfinished::{clear as clear_unfinished, is_abandoned, is_unfinished};
