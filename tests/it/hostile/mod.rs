//! Repositories, names and files of somebody who means harm.

pub mod names;
mod runs_nothing;
mod traps;
mod verbs;
