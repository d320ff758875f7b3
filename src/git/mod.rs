//! The git facade, and the only module that names gix.
//!
//! [`Repo`] reads, writes objects, moves refs by compare-and-swap, replays commits, pushes, fetches
//! and keeps worktrees. Its surface knows only our own types. Everything that gix does well happens
//! in process; what gix cannot do (push, fetch, worktree checkout, patches, reftable) goes through
//! the git program behind the same functions, with hooks, fsmonitor and prompts off.
//!
//! Invariants:
//! - A ref moves only by [`Repo::cas`], on the value the caller saw; symbolic refs are refused.
//! - Nothing of the repository runs: no hook, filter, merge driver, textconv or pager, except that a
//!   checkout (`worktree_*`, `read_tree_follow`, `status`) applies the content filters that are
//!   configured, and that a signature is made by the program that the person configured. Whoever
//!   only looks takes `glance`.
//! - Replaced objects and grafts are ignored: an id means the object that hashes to it.
//! - A lock file is taken away only when no living process can hold it (`stale`).
//! - Every name that reaches git's command line was checked here or stands after
//!   `--end-of-options`.

mod beyond;
mod change_key;
mod denial;
mod directory;
mod dirs;
mod durable;
mod error;
mod follow;
mod history;
mod hooks;
mod index;
mod litter;
mod maintenance;
mod merge_driver;
mod objects;
pub mod output;
mod rebase;
mod refs;
mod refs_cli;
mod remote;
mod replay;
mod repo;
mod signed;
mod stale;
mod status;
mod version;
mod worktree;
mod write;

#[cfg(test)]
pub(crate) mod testing;

pub use denial::Denial;
pub use directory::{Directory, spelled};
pub use dirs::Dirs;
pub use error::{GitError, Part};
pub use history::Step;
pub use hooks::{HooksHome, HooksPath};
pub use index::Staged;
pub use litter::Litter;
pub use merge_driver::{TextMerge, Versions, merge_file};
pub use objects::{ChangeKind, Commit, Entry, EntryKind, PathChange, Signature};
pub use rebase::Rebase;
pub use refs::{Cas, Durability, Expect, RefEdit};
pub use remote::{Fetch, Listing, PushOutcome, PushSpec, PushUpdate, classify};
pub use replay::Replay;
pub use repo::{Identity, ObjectFormat, Repo};
pub use signed::Signed;
pub use stale::{Cleared, Doubt, LockFile, Standing};
pub use status::{Operation, Status};
pub use version::NEEDED as NEEDED_VERSION;
pub use worktree::{Checkout, Follow, Worktree};
pub use write::{NewCommit, Writer};
