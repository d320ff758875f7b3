//! What somebody says they saw, with what of it can be looked up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::id::ObjectId;
use crate::domain::record::{Anchor, AttestedFile};
use crate::domain::request::AttestWish;
use crate::domain::task::Tier;
use crate::domain::time::Timestamp;
use crate::ledger::format::problem::Place;
use crate::ledger::format::text::Text;

/// A line of the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnchorEntry {
    /// The file.
    pub path: String,
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: u32,
    /// What stood there.
    pub text: String,
}

/// A file that shows something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedFileEntry {
    /// Its path, as it was given.
    pub path: String,
    /// The SHA-256 of its content.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

impl From<AnchorEntry> for Anchor {
    fn from(entry: AnchorEntry) -> Self {
        Self {
            path: entry.path,
            line: entry.line,
            text: entry.text,
        }
    }
}

impl From<&Anchor> for AnchorEntry {
    fn from(anchor: &Anchor) -> Self {
        Self {
            path: anchor.path.clone(),
            line: anchor.line,
            text: anchor.text.clone(),
        }
    }
}

impl From<AttestedFileEntry> for AttestedFile {
    fn from(entry: AttestedFileEntry) -> Self {
        Self {
            path: entry.path,
            sha256: entry.sha256,
            size: entry.size,
        }
    }
}

impl From<&AttestedFile> for AttestedFileEntry {
    fn from(file: &AttestedFile) -> Self {
        Self {
            path: file.path.clone(),
            sha256: file.sha256.clone(),
            size: file.size,
        }
    }
}

/// What a request attests. The text of an anchor is not in it: git knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AttestEntry {
    class: Text<Tier>,
    commit: Text<ObjectId>,
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    anchors: Vec<(String, u32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<AttestedFileEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    observed_at: Option<Text<Timestamp>>,
}

impl AttestEntry {
    pub(super) fn convert(self, at: &Place<'_>) -> Option<AttestWish> {
        let class = at.text("class", self.class);
        let commit = at.text("commit", self.commit);
        let observed_at = at.maybe("observed_at", self.observed_at);
        Some(AttestWish {
            class: class?,
            commit: commit?,
            text: self.text,
            anchors: self.anchors,
            files: self.files.into_iter().map(AttestedFile::from).collect(),
            observed_at,
        })
    }
}

impl From<&AttestWish> for AttestEntry {
    fn from(wish: &AttestWish) -> Self {
        Self {
            class: wish.class.into(),
            commit: wish.commit.into(),
            text: wish.text.clone(),
            anchors: wish.anchors.clone(),
            files: wish.files.iter().map(AttestedFileEntry::from).collect(),
            observed_at: wish.observed_at.map(Text::from),
        }
    }
}
