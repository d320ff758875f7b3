//! Repositories, names and files of somebody who means harm.

mod arguments;
pub mod names;
mod newer;
mod paths;
mod runs_nothing;
mod shown;
mod sizes;
mod surroundings;
mod traps;
mod turns;
pub mod verbs;
