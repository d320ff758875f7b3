//! The promises, shown on the real binary: races, crashes, cuts, pauses, full disks (PROMISES.md).
//!
//! A test carries the number of its promise. What a machine must have for it (root, strace,
//! namespaces, loop mounts) is asked of [`machine`]: missing, the test is skipped with a notice;
//! in CI a missing program is a failure. `make soak` runs the same tests with the long numbers.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail, start processes and read the clock"
)]

#[path = "../it/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "shared with the sessions of `it`")]
mod support;

#[allow(dead_code, reason = "each test asks for what it needs")]
mod machine;

// Crashes: kills, power cuts, locks, pauses, clocks, disks, edits by hand.
mod clocks;
mod dirty;
mod disks;
mod kills;
mod landings;
mod left_locks;
mod locks;
mod pauses;
mod power;
mod stage;
mod strace;
// Remotes: servers, races, partitions.
mod acknowledgements;
mod cables;
mod cgi;
mod deaths;
mod denials;
mod hub;
mod leftovers;
mod limits;
mod owners;
mod partitions;
mod races;
mod rewrites;
mod servers;
// Workstations.
mod emulator;
