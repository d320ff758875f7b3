//! One level of a tree, by names. Git takes any bytes for a name; here only text names a file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use gix::bstr::ByteSlice as _;
use gix::objs::{Kind, TreeRefIter};

use super::objects::{Entry, entry_of, id_kind, library};
use super::{GitError, Repo};
use crate::domain::id::ObjectId;

/// The entries of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    /// By name.
    pub entries: BTreeMap<String, Entry>,
    /// The names that are not UTF-8, as [`spelled`] shows them: nothing here can name these files.
    pub illegible: BTreeSet<String>,
}

/// A name as it is shown: text as it is, every other byte as `\xFF`. Borrowed where all of it is
/// text.
#[must_use]
pub fn spelled(name: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = name.to_str() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for chunk in name.utf8_chunks() {
        shown.push_str(chunk.valid());
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02X}"));
        }
    }
    Cow::Owned(shown)
}

impl Repo {
    /// A tree (or that of a commit), with what no text names.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::WrongKind`], [`GitError::Library`] when it is
    /// damaged.
    pub fn directory(&self, tree: ObjectId) -> Result<Directory, GitError> {
        let id = self.tree_of(tree)?;
        let object = self.object(id, Kind::Tree)?;
        let mut directory = Directory::default();
        for entry in TreeRefIter::from_bytes(&object.data, id_kind(id)) {
            let entry = entry.map_err(|error| library(&format!("decode tree {id}"), error))?;
            let Some(found) = entry_of(entry.mode, entry.oid) else {
                continue;
            };
            match spelled(entry.filename) {
                Cow::Borrowed(name) => drop(directory.entries.insert(name.to_owned(), found)),
                Cow::Owned(shown) => drop(directory.illegible.insert(shown)),
            }
        }
        Ok(directory)
    }

    /// The entries of a tree (or of a commit's), by name. One level, without what no text names.
    ///
    /// # Errors
    /// As [`directory`](Self::directory).
    pub fn entries(&self, tree: ObjectId) -> Result<BTreeMap<String, Entry>, GitError> {
        Ok(self.directory(tree)?.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_text_are_shown_apart() {
        assert!(matches!(spelled("a ž".as_bytes()), Cow::Borrowed("a ž")));
        assert_eq!(spelled(b"a\xff\xc5.yaml"), "a\\xFF\\xC5.yaml");
        assert_ne!(spelled(b"\xfe"), spelled(b"\xff"));
    }
}
