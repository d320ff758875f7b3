//! Reading a file: its version first, then its shape, then its meaning.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use super::problem::{Place, Problem};

/// The version of the format that this build reads and writes.
pub const VERSION: u32 = 1;

/// A file of the ledger that has a meaning.
pub trait File: DeserializeOwned {
    /// What it means.
    type Domain;

    /// Checks everything that the file says.
    ///
    /// # Errors
    /// All problems at once.
    fn into_domain(self) -> Result<Self::Domain, Vec<Problem>>;
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E: std::error::Error> {
    /// A newer laneway wrote it, or nobody did. Nothing else of it was looked at (P31).
    #[error("{0}")]
    Version(Problem),
    /// It has not the shape of such a file.
    #[error(transparent)]
    Shape(E),
    /// It has the shape but makes no sense.
    #[error("{} problem(s), the first: {}", .0.len(), .0.first().map_or("", |first| &first.message))]
    Meaning(Vec<Problem>),
}

/// Reads a document with a `version`: first that, then the shape, then the meaning.
///
/// # Errors
/// [`ReadError`].
pub fn read<'de, F, D>(document: D) -> Result<F::Domain, ReadError<D::Error>>
where
    F: File,
    D: Deserializer<'de> + Clone,
{
    let head = Head::deserialize(document.clone()).map_err(ReadError::Shape)?;
    head.check().map_err(ReadError::Version)?;
    let file = F::deserialize(document).map_err(ReadError::Shape)?;
    file.into_domain().map_err(ReadError::Meaning)
}

/// The one key that every version of every file has. Other keys are not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub struct Head {
    /// Version of the format.
    pub version: u32,
}

impl Head {
    /// Whether this build can read the file.
    ///
    /// # Errors
    /// The problem with its version.
    pub fn check(self) -> Result<(), Problem> {
        match complaint(self.version) {
            None => Ok(()),
            Some((message, hint)) => Err(Problem {
                rule: "version",
                pointer: "/version".to_owned(),
                message,
                hint: Some(hint.to_owned()),
            }),
        }
    }
}

/// Notes a version that this build cannot read.
pub(super) fn check_version(at: &Place<'_>, version: u32) {
    if let Some((message, hint)) = complaint(version) {
        at.key("version")
            .breaks("version", message, Some(hint.to_owned()));
    }
}

fn complaint(version: u32) -> Option<(String, &'static str)> {
    match version {
        VERSION => None,
        0 => Some((
            "version 0 of the format never was".to_owned(),
            "write `version: 1`",
        )),
        newer => Some((
            format!(
                "the file has version {newer} of the format; this laneway reads up to {VERSION}"
            ),
            "install a newer laneway; the file was not touched",
        )),
    }
}
