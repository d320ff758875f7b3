/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something will be refused, or already is.
    Error,
    /// Worth knowing; stands in nobody's way.
    Warning,
}

impl Severity {
    /// The word used in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The number of the file, as its reader counts.
    pub file: usize,
    /// JSON pointer (RFC 6901) to the offending value, in which a step `name=ws-1` means the item
    /// of a list whose `name` is `ws-1`.
    pub pointer: String,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether it is only worth knowing, whatever its rule says.
    pub mild: bool,
}

impl Violation {
    /// A violation at `pointer` of `file`.
    #[must_use]
    pub fn new(file: usize, pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file,
            pointer: pointer.into(),
            message: message.into(),
            hint: None,
            mild: false,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what to do about it, where that is known.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// The same as a warning, if `mild`.
    #[must_use]
    pub fn mild_if(mut self, mild: bool) -> Self {
        self.mild = mild;
        self
    }
}
