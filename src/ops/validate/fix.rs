//! `validate --fix`: what can be mended without asking, in the files of the worktree.

use std::path::{Path, PathBuf};

use super::{Asked, Options, Report, Source, collect, report, work_dir};
use crate::git::Repo;
use crate::ledger::Ledger;
use crate::ledger::governance::{Mend, Mended, mended};
use crate::ops::OpError;
use crate::ops::add::replace;
use crate::ops::given::inside;
use crate::ops::mutate::FileChange;

/// What was mended, and what is left.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// What was mended, file by file, by path.
    pub mends: Vec<(String, Vec<Mend>)>,
    /// The files before and after.
    pub files: Vec<FileChange>,
    /// What is left, or would be.
    pub report: Report,
}

/// Mends the files of the worktree that are asked for, each as a whole or not at all, and says what
/// is left. A file that changed since it was read is not written.
///
/// # Errors
/// As [`validate`](super::validate); [`OpError::Io`] and a file that moved, with those before it
/// written.
pub fn fix(
    repo: &Repo,
    ledger: Option<&Ledger>,
    paths: Vec<PathBuf>,
    dry_run: bool,
) -> Result<Fixed, OpError> {
    let root = work_dir(repo)?;
    // A repository may bring links along, and names of its files: nothing is written through them.
    for path in &paths {
        let full = root.join(path);
        let link = full
            .symlink_metadata()
            .is_ok_and(|found| found.is_symlink());
        let below = full.strip_prefix(&root).ok().and_then(Path::to_str);
        if link {
            let message = format!(
                "{} is a symbolic link, and nothing is written through it",
                path.display()
            );
            return Err(OpError::Usage(message));
        }
        if let Some(below) = below.filter(|below| !below.contains("..")) {
            inside(&root, below)?;
        }
    }
    let asked = Asked::of(&root, &paths);
    let options = Options {
        source: Source::WorkTree { paths },
        with_ledger: true,
    };
    let mut collected = collect(repo, ledger, &options)?;
    let mut fixed = Vec::new();
    for (path, kind, text) in collected.written() {
        // What a sparse checkout leaves out has no file to mend.
        if !asked.covers(path) || root.join(path).symlink_metadata().is_err() {
            continue;
        }
        if let Some(Mended { text: after, mends }) = mended(kind, text) {
            let file = FileChange {
                path: path.to_owned(),
                before: text.to_owned(),
                after,
            };
            fixed.push((file, mends));
        }
    }
    let mut mends = Vec::new();
    let mut files = Vec::new();
    for (file, made) in fixed {
        if !dry_run {
            replace(&root.join(&file.path), &file.before, &file.after)?;
        }
        collected.rewrite(&file.path, &file.after);
        mends.push((file.path.clone(), made));
        files.push(file);
    }
    Ok(Fixed {
        mends,
        files,
        report: report(repo, &collected, &options)?,
    })
}
