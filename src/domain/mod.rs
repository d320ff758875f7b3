//! Pure values and rules. Knows nothing of files, git, clocks, the environment, YAML or serde.

pub mod checks;
pub mod contract_request;
pub mod decide;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod gates;
pub mod glob;
pub mod graph;
pub mod guarded_paths;
pub mod id;
pub mod identity;
pub mod lease;
pub mod lifecycle;
pub mod machines;
pub mod marker;
pub mod matrix;
pub mod package;
pub mod pages;
pub mod plan;
pub mod policy;
pub mod progress;
pub mod ready;
pub mod record;
pub mod refusal;
pub mod request;
pub mod review;
pub mod routing;
pub mod rules;
pub mod shell;
pub mod snapshot;
pub mod stage;
pub mod state;
pub mod task;
pub mod time;
pub mod workstation;
