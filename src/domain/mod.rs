//! Pure values and rules. Knows nothing of files, git, clocks, the environment, YAML or serde.

pub mod id;
