//! `hooks install|uninstall|status`: putting laneway's hooks into a repository and taking them out
//! again, exactly (X12).
//!
//! - A hook of ours is a small shell script that says what it is: its version and a digest of its
//!   own text. What was there before is kept in `hooks-before-laneway/`, beside the hooks: the same
//!   file under its own name, with links to what stood beside it. It is called first with the same
//!   arguments, input and environment; its no stops.
//! - Each change is one rename or link: at no moment is a hook that was there not called.
//! - Nothing is guessed. A script that was edited, a chained hook that changed since, a directory
//!   that other repositories or worktrees share: refused in words, `--force` goes on.
//! - Hooks stand in the common git directory, so one installation serves every lane.

mod change;
mod home;
mod kept;
mod script;
mod slot;
pub mod template;

pub use change::{Change, Done, Options, install, uninstall};
pub use home::Reach;
pub use slot::{Chained, Slot, Standing};

use std::path::PathBuf;

use crate::git::Repo;
use crate::ops::OpError;

/// The hooks of a clone.
pub const CLIENT: [&str; 3] = ["pre-commit", "commit-msg", "pre-push"];
/// The hooks of a server.
pub const SERVER: [&str; 2] = ["pre-receive", "post-receive"];

/// The hooks of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where git looks for hooks.
    pub dir: PathBuf,
    /// Whose directory that is.
    pub reach: Reach,
    /// Every hook that laneway knows, in the order of [`CLIENT`] and [`SERVER`].
    pub slots: Vec<Slot>,
}

impl Status {
    /// Whether something is wrong with a hook of ours, or a hook that it called is left behind.
    #[must_use]
    pub fn ails(&self) -> bool {
        self.slots.iter().any(|slot| slot.ailment().is_some())
    }
}

/// What stands where git looks for hooks.
///
/// # Errors
/// When it cannot be read.
pub fn status(repo: &Repo) -> Result<Status, OpError> {
    let (dir, reach) = home::of(repo)?;
    let names = CLIENT.into_iter().chain(SERVER);
    let slots = names
        .map(|name| Slot::read(&dir, name))
        .collect::<Result<_, _>>()?;
    Ok(Status { dir, reach, slots })
}
