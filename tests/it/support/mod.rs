//! The harness: a world of its own for each test, and the answers of the binary in it.

mod answer;
mod fleet;
mod normal;
mod schema;
mod words;
mod world;

#[allow(
    unused_imports,
    reason = "for tests that start processes in their own way"
)]
pub use answer::Answer;
#[allow(unused_imports, reason = "for tests that hold a process")]
pub use fleet::Running;
#[allow(unused_imports, reason = "for tests that read commands")]
pub use words::words;
pub use world::World;
