//! Confirming the scope of a task before work on it starts (G4).

/// What was said about the scope of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScopeRecord {
    /// The holder says what it understood.
    Confirmed {
        /// The scope, in its words.
        text: String,
    },
    /// Someone else agrees: work starts.
    Go {
        /// What is to be minded.
        note: Option<String>,
    },
}
