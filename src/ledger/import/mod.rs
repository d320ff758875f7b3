//! Import from other trackers (X16): what their files say, as tasks of ours.
//!
//! 1. A *reader* (one file each) turns the text of a source into [`Candidate`]s, in the source's own
//!    words.
//! 2. A [`FieldMap`] says which of those words is which field here.
//! 3. [`mapping`] makes definitions of them. What our format does not take is kept under `x-` keys;
//!    whatever is not taken over as it was is an [`Anomaly`] with its place.
//! 4. [`plan`] writes the definitions as plan files, beside what each task was in its source.
//!
//! Nothing here reads a file, a clock or a repository.

mod candidate;
mod csv;
mod field_map;
mod ids;
mod items;
mod json;
mod looks;
pub mod mapping;
mod own;
mod own_state;
mod pieces;
mod plan;
mod playbook;
mod table;
mod words;
mod written;

#[cfg(test)]
mod tests;

pub use self::csv::{defused, read as read_csv, written as csv_table};
pub use candidate::{Anomaly, AnomalyKind, Candidate, Gathered, PackageText, Spot};
pub use field_map::{FieldMap, SourceKind};
pub use items::read as read_item;
pub use json::read as read_json;
pub use looks::{Looks, named};
pub use mapping::{Known, Mapped, MappingOptions, map};
pub use own::{EXPORT, is_export, read_export};
pub use plan::{PlanError, PlanText, file_path, origins, texts};
pub use playbook::read as read_playbook;
pub use table::cells as table_cells;
