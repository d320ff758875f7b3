//! Readiness probes of workstations: is there, here and now, what the work needs?
//!
//! - All probes of a workstation run at once, each in a thread with a time limit of its own, so that
//!   together they take as long as the slowest.
//! - Whatever goes wrong is a no that names the fact: an error, the limit, an answer that does not
//!   read, a command that nobody trusted. Nothing is retried or waited for (FEATURES I6).
//! - A detail is one line of at most 200 characters that cannot command a terminal. It goes on
//!   record, so it never holds the value of a variable or of an answer, nor what a command says.
//!
//! Knows nothing of tasks, claims or the ledger. What may be run is told by the caller
//! ([`Scene::trusted`]).

mod command;
mod detail;
mod disk;
mod env;
mod http;
mod run;
mod tcp;
mod tool;
mod version;

pub use run::{Scene, run};

/// What one look gave: ready with what was seen, or not ready with the fact.
type Look = Result<String, String>;
