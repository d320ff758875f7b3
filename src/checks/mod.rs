//! Acceptance checks: running them, trusting them, and making sure what they ran on.
//!
//! Knows processes and git, nothing of tasks or the ledger. A check is a shell command of plan or
//! rules; it runs only after its exact text was trusted (see [`TrustStore`]), sees data by
//! environment variables only, and counts only for a tree that did not move while it ran (PROMISES
//! P20, P26).

mod environment;
mod guard;
mod likeness;
mod measure;
mod run;
mod tail;
mod trust;

pub use environment::of_checks;
pub use guard::{Guard, GuardError};
pub use likeness::NewCommand;
pub use measure::measure;
pub use run::{Limits, Progress, Subject, run};
pub use trust::{TrustError, TrustStore};
