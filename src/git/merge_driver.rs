use std::path::Path;

use super::{GitError, Repo};
use crate::process::{Exit, Runner};

/// What a textual merge gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextMerge {
    /// No conflict.
    Clean,
    /// Places in conflict; markers stand there.
    Conflicts,
}

/// The three versions of a file, as git hands them to a merge driver.
#[derive(Debug, Clone, Copy)]
pub struct Versions<'p> {
    /// The common ancestor.
    pub base: &'p Path,
    /// Ours; the result is written here.
    pub ours: &'p Path,
    /// Theirs.
    pub theirs: &'p Path,
}

/// Git's own textual merge of three files, written over ours. No repository is needed.
///
/// # Errors
/// When git cannot merge them, as when one of them is binary.
pub fn merge_file(
    runner: &Runner,
    dir: &Path,
    versions: Versions<'_>,
    labels: [&str; 3],
    marker: usize,
) -> Result<TextMerge, GitError> {
    let [ours, base, theirs] = labels;
    let size = format!("--marker-size={marker}");
    let options = ["merge-file", &size, "-L", ours, "-L", base, "-L", theirs];
    let spawn = runner
        .git(dir, options)
        .arg("--end-of-options")
        .arg(versions.ours)
        .arg(versions.base)
        .arg(versions.theirs);
    let finished = runner.run(&spawn)?;
    match finished.exit {
        Exit::Code(0) => Ok(TextMerge::Clean),
        // The number of conflicts, 127 at most.
        Exit::Code(1..=127) => Ok(TextMerge::Conflicts),
        exit => Err(GitError::Git {
            command: "merge-file".to_owned(),
            exit: format!("{exit:?}"),
            stderr: finished.stderr.text(),
        }),
    }
}

impl Repo {
    /// Sets a key of the repository's own configuration.
    ///
    /// # Errors
    /// When git refuses.
    pub fn set_config(&self, key: &str, value: &str) -> Result<(), GitError> {
        let set = self.git(&[
            "config",
            "--local",
            "--replace-all",
            "--end-of-options",
            key,
            value,
        ]);
        self.succeed(&set, "config").map(drop)
    }

    /// What the attributes of the work tree say of the merge of a path: the name of a driver, or
    /// `unspecified`; `None` without a work tree.
    ///
    /// # Errors
    /// Of git.
    pub fn merge_attribute(&self, path: &str) -> Result<Option<String>, GitError> {
        let Some(dir) = self.work_dir() else {
            return Ok(None);
        };
        let asked = self.git_in(&dir, &["check-attr", "-z", "merge", "--", path]);
        let told = self.succeed(&asked, "check-attr")?;
        let told = String::from_utf8_lossy(&told).into_owned();
        Ok(told.split('\0').nth(2).map(str::to_owned))
    }
}
