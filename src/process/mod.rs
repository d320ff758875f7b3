//! The one place that spawns: own process group, time limit, bounded capture, clean environment.
//!
//! A [`Spawn`] says what to run, a [`Runner`] runs it. Nothing here knows what the programs mean.
//! A child never gets a terminal, an inherited standard input or an unlimited time, and a daemon it
//! leaves behind cannot hold us by keeping a pipe open (PROMISES P9, P26).

mod capture;
pub mod holders;
pub mod interrupt;
mod own_file;
mod owner;
mod patience;
mod run;
mod runner;
mod spawn;
#[cfg(test)]
pub(crate) mod testing;

pub use capture::{Captured, Stream};
pub use own_file::{given_file, own_dir, own_file, own_lock, read_own};
pub use owner::Owner;
pub use patience::{lock_shared_within, lock_within};
pub use run::{Exit, Finished, ProcessError};
pub use runner::Runner;
pub use spawn::Spawn;
