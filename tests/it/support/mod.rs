//! The harness: a world of its own for each test, and the answers of the binary in it.

mod answer;
mod fleet;
mod normal;
mod schema;
mod words;
mod world;

pub use world::World;
