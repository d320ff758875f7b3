//! The ledger: plan documents, state files, snapshots, publication. Knows git only through the
//! `git` facade, and judges nothing itself: that is `domain::decide`.

pub mod accepted;
mod archive;
pub mod artifact;
pub mod authority;
mod discover;
pub mod document;
mod error;
pub mod facts;
mod finding;
pub mod format;
pub mod governance;
pub mod import;
pub mod index;
pub mod kept;
pub mod line;
pub mod load;
pub mod lock;
pub mod message;
mod open;
pub mod package_text;
pub mod packages;
pub mod paths;
pub mod pending;
pub mod plan_merge;
pub mod publish;
pub mod read;
pub mod restore;
mod revision;
pub mod seen;
pub mod settings;
pub mod sight;
pub mod signature;
mod spoken;
mod stages;
pub mod write;
pub mod yaml;

#[cfg(test)]
pub(crate) mod testing;

pub use authority::{Companion, last_line};
pub use discover::{DEFAULT_BRANCH, marker_at, served};
pub use error::LedgerError;
pub use finding::{BadFile, Finding, Severity};
pub use load::{Loader, PlanFile};
pub use lock::LockError;
pub use open::{Ledger, seen_of};
pub use publish::{Publisher, REMEMBERED, Receipt};
pub use spoken::{Unspeakable, spoken};
