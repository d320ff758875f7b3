//! laneway: one owner, one lane, one way into main.
//!
//! A library that cannot talk to the user: it prints nothing, asks nothing, and reads neither
//! environment nor clock except through [`env`](crate::env). ARCHITECTURE.md is the map.

pub mod audit;
pub mod checks;
pub mod contract;
pub mod domain;
pub mod env;
pub mod git;
pub mod ledger;
pub mod ops;
pub mod probe;
pub mod process;
pub mod workspace;
