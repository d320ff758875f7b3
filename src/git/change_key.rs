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

#[cfg(test)]
mod tests {
    use crate::git::testing::{Lab, put, write};

    #[test]
    fn a_key_survives_a_rebase_over_changes_elsewhere_and_no_edit() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let lines = |n: usize| (0..n).map(|i| format!("line {i}\n")).collect::<String>();
        let base = write(
            &repo,
            &[],
            &[("a", Some(&lines(50))), ("bin", Some("\0one"))],
        );
        let edited = lines(50).replace("line 40\n", "line forty\n");
        let work = write(&repo, &[base], &[("a", Some(&edited)), ("n", Some("x\n"))]);
        let key = repo.change_key(base, work).unwrap();
        let moved = write(
            &repo,
            &[base],
            &[("a", Some(&format!("top\n{}", lines(50))))],
        );
        let top = format!("top\n{edited}");
        let rebased = write(&repo, &[moved], &[("a", Some(&top)), ("n", Some("x\n"))]);
        assert_eq!(repo.change_key(moved, rebased).unwrap(), key);
        for other in ["x \n", "y\n", "x"] {
            let other = write(&repo, &[moved], &[("a", Some(&top)), ("n", Some(other))]);
            assert_ne!(repo.change_key(moved, other).unwrap(), key);
        }
        let two = write(&repo, &[base], &[("bin", Some("\0two"))]);
        let three = write(&repo, &[base], &[("bin", Some("\0three"))]);
        let key = |commit| repo.change_key(base, commit).unwrap();
        assert_ne!(key(two), key(three));
        assert_ne!(key(two), key(base));
        assert_eq!(
            key(base),
            repo.change_key(work, work).unwrap(),
            "empty is fixed"
        );
        assert_eq!(key(base).len(), 64);
    }

    #[test]
    fn configuration_and_attributes_have_no_say_and_run_nothing() {
        let (lab, repo) = Lab::with_repo(&[]);
        let root = lab.path("repo");
        let base = lab.commit(&root, &[("a.txt", "1\n2\n3\n4\n5\n6\n7\n8\n")]);
        let work = lab.commit(&root, &[("a.txt", "1\n2\n3\n4\nfive\n6\n7\n8\n")]);
        let key = repo.change_key(base, work).unwrap();
        for (name, value) in [
            ("diff.external", "touch ran"),
            ("diff.evil.command", "touch ran"),
            ("diff.evil.textconv", "touch ran; cat"),
            ("diff.context", "9"),
            ("diff.noprefix", "true"),
            ("diff.algorithm", "patience"),
            ("core.attributesFile", "attributes"),
        ] {
            lab.git(&root, &["config", name, value]);
        }
        put(&root.join(".gitattributes"), "*.txt diff=evil\n");
        put(&root.join("attributes"), "*.txt -diff\n");
        assert_eq!(lab.open(&root).change_key(base, work).unwrap(), key);
        assert!(!root.join("ran").exists());
    }
}
