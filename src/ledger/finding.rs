//! What is wrong with a file, where, and what the text there is: findings as values. The command
//! line draws them.

use std::ops::Range;
use std::sync::Arc;

use crate::domain::id::ObjectId;
pub use crate::domain::rules::Severity;

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule it breaks: `syntax`, `schema`, `dependency-unknown`.
    pub rule: &'static str,
    /// Whether it stands in the way, or is only worth knowing.
    pub severity: Severity,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The bytes of the source it is about.
    pub span: Range<usize>,
    /// The fact, as a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A file with findings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.first())]
pub struct BadFile {
    /// Its path in the repository.
    pub file: String,
    /// The commit it was read from; none: the working tree.
    pub commit: Option<ObjectId>,
    /// Its text, as far as it is text; empty where it is too long to show.
    pub text: Arc<str>,
    /// What is wrong; never empty.
    pub findings: Vec<Finding>,
}

/// Longest text that is kept to show lines of it, in bytes.
const SHOWN: usize = 16 << 20;

impl BadFile {
    /// The text of a file as far as it is shown: nothing of a very long one.
    #[must_use]
    pub fn shown(text: &str) -> Arc<str> {
        match text.len() > SHOWN {
            true => Arc::from(""),
            false => Arc::from(text),
        }
    }

    /// A file with one finding that is about no place in it.
    #[must_use]
    pub fn whole(
        file: &str,
        commit: Option<ObjectId>,
        rule: &'static str,
        message: String,
    ) -> Self {
        let finding = Finding {
            rule,
            severity: Severity::Error,
            line: 1,
            column: 1,
            span: 0..0,
            message,
            hint: None,
        };
        Self {
            file: file.to_owned(),
            commit,
            text: Arc::from(""),
            findings: vec![finding],
        }
    }

    /// The findings of a severity.
    pub fn of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.severity == severity)
    }

    /// `file:line:column: message` of the first finding, and how many more there are.
    fn first(&self) -> String {
        let at = self
            .commit
            .map(|commit| format!("{}:", commit.short()))
            .unwrap_or_default();
        match self.findings.as_slice() {
            [] => format!("{at}{} does not read", self.file),
            [one, rest @ ..] => {
                let more = match rest.len() {
                    0 => String::new(),
                    n => format!(" (and {n} more)"),
                };
                format!(
                    "{at}{}:{}:{}: {}{more}",
                    self.file, one.line, one.column, one.message
                )
            }
        }
    }
}
