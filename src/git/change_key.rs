use sha2::{Digest as _, Sha256};

use super::{GitError, Repo};
use crate::domain::id::ObjectId;

/// Separates this hash from every other use of SHA-256, and one form of it from the next.
const DOMAIN: &[u8] = b"laneway change key 1\n";

impl Repo {
    /// The change key of `base..commit`: 64 hexadecimal digits that stay the same when the change is
    /// rebased over changes elsewhere, and become others when a line of it or near it differs.
    ///
    /// It is the idea of `git patch-id --stable --verbatim`: a hash of the patch in path order,
    /// without object ids (except of binary files, which have no lines) and line numbers. White
    /// space counts. The patch is made by `git diff-tree` with every option pinned and attributes
    /// off. An empty change has a fixed key.
    ///
    /// # Errors
    /// [`GitError::MissingObject`], [`GitError::Git`], [`GitError::TimedOut`].
    pub fn change_key(&self, base: ObjectId, commit: ObjectId) -> Result<String, GitError> {
        let (from, to) = (self.tree_of(base)?, self.tree_of(commit)?);
        let patch = if from == to {
            Vec::new()
        } else {
            self.patch(from, to)?
        };
        let mut hash = Sha256::new();
        hash.update(DOMAIN);
        hash_patch(&patch, &mut hash);
        Ok(hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect())
    }

    fn patch(&self, from: ObjectId, to: ObjectId) -> Result<Vec<u8>, GitError> {
        let empty = gix::ObjectId::empty_tree(self.inner.object_hash()).to_string();
        let (from, to) = (from.to_string(), to.to_string());
        let args = [
            "-c",
            "core.attributesFile=/dev/null",
            "-c",
            "core.quotePath=true",
            "-c",
            "diff.suppressBlankEmpty=false",
            "diff-tree",
            "-r",
            "-p",
            "--full-index",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--no-color",
            "--no-relative",
            "--no-indent-heuristic",
            "--diff-algorithm=myers",
            "--unified=3",
            "--inter-hunk-context=0",
            "--ignore-submodules=none",
            "--submodule=short",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--end-of-options",
            &from,
            &to,
        ];
        let cap = usize::MAX / 2;
        let spawn = self.git(&args).env("GIT_ATTR_SOURCE", empty).cap(cap);
        self.succeed(&spawn, "diff-tree")
    }
}

/// Feeds a patch without what a rebase changes. Lines of content begin with a space, `+`, `-` or
/// `\`, so no line of a file can pass for a header.
fn hash_patch(patch: &[u8], hash: &mut Sha256) {
    let mut index: &[u8] = b"";
    for line in patch.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"index ") {
            index = line;
        } else if line.starts_with(b"@@ ") {
            hash.update(b"@@\n");
        } else {
            if line.starts_with(b"Binary files ") {
                hash.update(index);
            }
            hash.update(line);
        }
    }
}
