//! Version 1 of the files, one noun per file. These types are a promise to strangers: a key is
//! added with a default, never renamed or removed.

pub mod archive;
pub mod attestation;
pub mod authority;
pub mod check_terms;
pub mod contract_request;
pub mod evidence_checks;
pub mod exception;
pub mod guarded_paths;
pub mod hygiene;
pub mod identity_map;
pub mod import;
pub mod marker;
pub mod package;
pub mod policy;
pub mod probe;
pub mod progress;
pub mod queue;
pub mod readiness;
pub mod record;
pub mod request;
pub mod returned;
pub mod review;
pub mod review_form;
pub mod routing;
pub mod session;
pub mod stages;
pub mod standing;
pub mod state;
pub mod station;
pub mod workstations;

pub use archive::ArchiveFile;
pub use identity_map::IdentityMapFile;
pub use marker::MarkerFile;
pub use package::PackageFile;
pub use policy::PolicyFile;
pub use queue::{QueueFile, TaskEntry};
pub use stages::StagesFile;
pub use state::{StateFile, TaskHistory};
pub use station::StationFile;
pub use workstations::WorkstationsFile;

#[cfg(test)]
mod artifact_tests;
#[cfg(test)]
mod state_tests;
#[cfg(test)]
mod tests;

/// Whether a value is the one that a file leaves out.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
