//! Findings of `validate` as programs see them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::rules::Severity;
use crate::ledger::{BadFile, Finding};
use crate::ops::validate::{Fixed, Report};

/// `data` of `validate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ValidateView {
    /// How many files were read.
    pub checked: usize,
    /// Number of findings that stand in the way.
    pub errors: usize,
    /// Number of findings that are only worth knowing.
    pub warnings: usize,
    /// Every finding: errors of all files by path and place, then warnings.
    pub findings: Vec<FindingView>,
    /// What `--fix` mended, or would mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<MendView>,
}

/// One thing that was mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MendView {
    /// Path of the file.
    pub file: String,
    /// Line before, from 1.
    pub line: usize,
    /// Column before in characters, from 1.
    pub column: usize,
    /// Id of the rule that was broken.
    pub rule: String,
    /// What was done.
    pub message: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FindingView {
    /// Path of the file.
    pub file: String,
    /// The commit it was read from; none: the working tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Id of the rule.
    pub rule: String,
    /// `error` or `warning`.
    pub severity: String,
    /// The fact.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl FindingView {
    fn of(file: &BadFile, finding: &Finding) -> Self {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        Self {
            file: file.file.clone(),
            commit: file.commit.map(|commit| commit.to_string()),
            line: finding.line,
            column: finding.column,
            rule: finding.rule.to_owned(),
            severity: severity.to_owned(),
            message: finding.message.clone(),
            hint: finding.hint.clone(),
        }
    }
}

/// Every finding, file by file.
pub(super) fn findings_of(files: &[BadFile]) -> Vec<FindingView> {
    let all = files.iter().flat_map(|file| {
        let findings = file.findings.iter();
        findings.map(|finding| FindingView::of(file, finding))
    });
    all.collect()
}

impl From<&Report> for ValidateView {
    fn from(report: &Report) -> Self {
        Self {
            checked: report.checked,
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            findings: findings_of(&report.files),
            fixed: Vec::new(),
        }
    }
}

impl From<&Fixed> for ValidateView {
    fn from(fixed: &Fixed) -> Self {
        let mends = fixed.mends.iter().flat_map(|(file, mends)| {
            mends.iter().map(|mend| MendView {
                file: file.clone(),
                line: mend.line,
                column: mend.column,
                rule: mend.rule.to_owned(),
                message: mend.message.clone(),
            })
        });
        Self {
            fixed: mends.collect(),
            ..Self::from(&fixed.report)
        }
    }
}
