use crate::ledger::yaml::SyntaxError;

/// Why an edit was not made. The document is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The source is outside the ledger profile.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The route leads nowhere, or to a value of another kind than the edit needs.
    #[error("{0}")]
    Route(SyntaxError),
    /// The place is written in a form that the edit does not support.
    #[error("{0}")]
    Unsupported(SyntaxError),
    /// No splice gives exactly the intended change.
    #[error("{0}")]
    Unverified(SyntaxError),
}

impl EditError {
    /// The finding with its position.
    #[must_use]
    pub fn finding(&self) -> &SyntaxError {
        match self {
            Self::Syntax(at) | Self::Route(at) | Self::Unsupported(at) | Self::Unverified(at) => at,
        }
    }
}
