use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::repo::failure;
use super::{ChangeKind, GitError, PathChange, Repo};
use crate::domain::id::ObjectId;
use crate::process::Spawn;

impl Repo {
    /// The paths that keep a checkout from going from `old` to `new` (see
    /// [`read_tree_follow`](Self::read_tree_follow)); empty when nothing does. Nothing is touched
    /// but the stat data of `index`.
    ///
    /// Stricter than git, which overwrites ignored files: a file that is there and not tracked is in
    /// the way, ignored or not.
    ///
    /// `index` is another index file to look at, for a caller that holds the lock of the real one.
    ///
    /// # Errors
    /// [`GitError::Git`] for any other reason of git's, such as a wrong `old`.
    pub fn in_the_way(
        &self,
        work_dir: &Path,
        old: ObjectId,
        new: ObjectId,
        index: Option<&Path>,
    ) -> Result<Vec<String>, GitError> {
        if index.is_none() {
            self.clear_worktree(work_dir)?;
        }
        let refresh = self.git_in(work_dir, &["update-index", "-q", "--refresh"]);
        // Its exit code only says that something is changed.
        self.finish(&on_index(refresh, index), "update-index")?;
        let changes = self.changed_paths(old, new)?;
        let unguarded = self.untracked_in_the_way(work_dir, &changes, index)?;
        if !unguarded.is_empty() {
            return Ok(unguarded);
        }
        let (old, new) = (old.to_string(), new.to_string());
        let trial = self.git_in(work_dir, &["read-tree", "-m", "-u", "-n", &old, &new]);
        let finished = self.finish(&on_index(trial, index), "read-tree")?;
        if finished.success() {
            return Ok(Vec::new());
        }
        let stderr = finished.stderr.text();
        let signs = [
            "not uptodate",
            "would be overwritten",
            "would be removed",
            "would lose",
            "resolve your current index",
        ];
        if !signs.iter().any(|sign| stderr.contains(sign)) {
            return Err(failure(&finished, "read-tree"));
        }
        let status = self.status(work_dir)?;
        let touched = status.dirty.into_iter().chain(status.untracked);
        let paths: Vec<String> = touched
            .filter(|path| changes.iter().any(|change| overlap(path, &change.path)))
            .collect();
        Ok(if paths.is_empty() {
            vec![stderr]
        } else {
            paths
        })
    }

    /// Added paths whose place is taken by something that the index does not hold.
    fn untracked_in_the_way(
        &self,
        work_dir: &Path,
        changes: &[PathChange],
        index: Option<&Path>,
    ) -> Result<Vec<String>, GitError> {
        let added = changes
            .iter()
            .filter(|change| change.kind == ChangeKind::Added);
        let taken: BTreeSet<String> = added
            .filter_map(|change| occupant(work_dir, &change.path))
            .collect();
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        let list = self.git_in(work_dir, &["ls-files", "-z", "--full-name", ":/"]);
        let bytes = self.succeed(&on_index(list, index), "ls-files")?;
        let tracked: BTreeSet<&[u8]> = bytes.split(|byte| *byte == 0).collect();
        let holds = |path: &String| {
            let below = format!("{path}/");
            tracked.contains(path.as_bytes())
                || tracked
                    .range(below.as_bytes()..)
                    .next()
                    .is_some_and(|first| first.starts_with(below.as_bytes()))
        };
        Ok(taken.into_iter().filter(|path| !holds(path)).collect())
    }

    /// Puts into `index`, a copy of the index of a checkout that a crash left between `old` and
    /// `new`, every changed path whose file shows `new` already. `scratch` is a file beside it that
    /// this may write and removes.
    ///
    /// # Errors
    /// [`GitError::Git`].
    pub fn index_arrived(
        &self,
        work_dir: &Path,
        old: ObjectId,
        new: ObjectId,
        index: &Path,
        scratch: &Path,
    ) -> Result<(), GitError> {
        let at = |args: &[&str]| on_index(self.git_in(work_dir, args), Some(scratch));
        let names = || -> Result<BTreeSet<String>, GitError> {
            self.succeed(&at(&["read-tree", &new.to_string()]), "read-tree")?;
            self.finish(&at(&["update-index", "-q", "--refresh"]), "update-index")?;
            let bytes = self.succeed(&at(&["diff-files", "--name-only", "-z"]), "diff-files")?;
            let lines = bytes.split(|byte| *byte == 0);
            Ok(lines
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect())
        };
        let behind = names();
        drop(std::fs::remove_file(scratch));
        let behind = behind?;
        let mut lines = Vec::new();
        for change in self.changed_paths(old, new)? {
            let line = match change.new {
                Some(entry) if !behind.contains(&change.path) => {
                    format!("{} {}\t{}\0", mode(entry.kind), entry.id, change.path)
                }
                None if occupant(work_dir, &change.path).is_none() => {
                    let none = "0".repeat(old.as_bytes().len() * 2);
                    format!("0 {none}\t{}\0", change.path)
                }
                _ => continue,
            };
            lines.extend_from_slice(line.as_bytes());
        }
        let update = self
            .git_in(work_dir, &["update-index", "-z", "--index-info"])
            .stdin(lines);
        self.succeed(&on_index(update, Some(index)), "update-index")
            .map(drop)
    }
}

fn on_index(spawn: Spawn, index: Option<&Path>) -> Spawn {
    match index {
        Some(index) => spawn.env("GIT_INDEX_FILE", index),
        None => spawn,
    }
}

fn mode(kind: super::EntryKind) -> &'static str {
    use super::EntryKind;
    match kind {
        EntryKind::Blob => "100644",
        EntryKind::Exec => "100755",
        EntryKind::Link => "120000",
        EntryKind::Submodule => "160000",
        EntryKind::Tree => "040000",
    }
}

/// What takes the place of `path`: itself, or a parent that is no directory.
fn occupant(work_dir: &Path, path: &str) -> Option<String> {
    let mut ends: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
    ends.push(path.len());
    for end in ends {
        let part = std::ffi::OsStr::from_bytes(&path.as_bytes()[..end]);
        match std::fs::symlink_metadata(work_dir.join(part)) {
            Err(_) => return None,
            Ok(data) if data.is_dir() && end < path.len() => {}
            Ok(data) if data.is_dir() && is_empty(&work_dir.join(part)) => return None,
            Ok(_) => return Some(path[..end].to_owned()),
        }
    }
    None
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// Whether one path is the other or lies in it.
fn overlap(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| {
        inner
            .strip_prefix(outer.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(one, other) || inside(other, one)
}
