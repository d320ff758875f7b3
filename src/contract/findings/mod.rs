//! The findings of `validate` in the formats of other programs, one file each: pure functions from
//! a report to a text. Order is the report's: errors of all files before warnings.

mod github;
mod gitlab;
mod junit;
mod legible;
mod place;
mod sarif;

pub use github::github;
pub use gitlab::gitlab;
pub use junit::junit;
pub use sarif::sarif;

#[cfg(test)]
mod tests;
