//! Plan documents, state files and their publication.

pub mod document;
pub mod format;
pub mod yaml;
