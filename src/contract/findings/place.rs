//! Where a finding stands, and what tells it from others.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::legible::legible;
use crate::ledger::yaml::LineIndex;
use crate::ledger::{BadFile, Finding};
use crate::ops::validate::Report;

/// A finding with its file.
pub(super) struct Found<'r> {
    pub(super) file: &'r BadFile,
    pub(super) finding: &'r Finding,
    /// Whether the file is of the tree that was asked about, and not of the ledger beside it.
    pub(super) here: bool,
    /// 64 hexadecimal digits: the same as long as rule, file and fact are, wherever it moves.
    pub(super) fingerprint: String,
    /// Line and column (characters, from 1) behind its last character, where the text shows them.
    pub(super) end: Option<(usize, usize)>,
}

impl Found<'_> {
    /// The fact and what to do about it, on one line. A file of another branch is named, since the
    /// reader's tree does not have it.
    pub(super) fn message(&self) -> String {
        let mut text = String::new();
        if let Some(commit) = self.file.commit.filter(|_| !self.here) {
            let (line, column) = (self.finding.line, self.finding.column);
            let at = format!("{}:{}:{line}:{column}: ", commit.short(), self.file.file);
            text.push_str(&at);
        }
        text.push_str(&self.finding.message);
        if let Some(hint) = &self.finding.hint {
            text.push_str(&format!(" ({hint})"));
        }
        legible(&text)
    }
}

/// Every finding in the order of the report.
pub(super) fn all(report: &Report) -> Vec<Found<'_>> {
    let mut alike: HashMap<[u8; 32], u32> = HashMap::new();
    let mut found = Vec::new();
    for file in &report.files {
        let here = file.commit == report.commit;
        let index = LineIndex::new(&file.text);
        for finding in &file.findings {
            let said = [finding.rule, file.file.as_str(), finding.message.as_str()].join("\0");
            let digest: [u8; 32] = Sha256::digest(said.as_bytes()).into();
            let nth = alike.entry(digest).or_default();
            let fingerprint = hex(&Sha256::digest(format!("{said}\0{here}\0{nth}")));
            *nth += 1;
            found.push(Found {
                file,
                finding,
                here,
                fingerprint,
                end: end(&index, file, finding),
            });
        }
    }
    found
}

fn end(index: &LineIndex<'_>, file: &BadFile, finding: &Finding) -> Option<(usize, usize)> {
    let span = &finding.span;
    if span.is_empty() || span.end > file.text.len() {
        return None;
    }
    let starts = index.position(span.start) == (finding.line, finding.column);
    starts.then(|| index.position(span.end))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
