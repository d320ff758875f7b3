//! Pure values and rules. Knows nothing of files, git, clocks, the environment, YAML or serde.

pub mod glob;
pub mod graph;
pub mod id;
pub mod identity;
pub mod policy;
pub mod record;
pub mod state;
pub mod task;
pub mod time;
pub mod workstation;
