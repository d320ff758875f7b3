//! `validate`: every finding of every governance file, with its place (P10, X6).

mod fix;

pub use fix::{Fixed, fix};

use std::path::{Component, Path, PathBuf};

use crate::domain::id::ObjectId;
use crate::domain::rules::{Reach, Severity};
use crate::git::{GitError, Repo};
use crate::ledger::governance::{Collected, Place};
use crate::ledger::{BadFile, Ledger, LedgerError, paths as places};

/// What is validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where the files are read from.
    pub source: Source,
    /// Whether the ledger's plan, marker and states are judged along; without it, names of tasks
    /// that only the ledger may know are warnings.
    pub with_ledger: bool,
}

/// Where the files are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The files of the worktree. Findings of all, or of these files and directories only: paths
    /// from the root of the worktree, or absolute. A file outside `governance/` is read as a plan,
    /// unless its name says policy, identity map or workstations. Of what is named and not read
    /// there is a finding.
    WorkTree {
        /// The paths; none: all.
        paths: Vec<PathBuf>,
    },
    /// What is staged: for `pre-commit`.
    Staged {
        /// The index that git names to the hook; none: the worktree's own.
        index: Option<PathBuf>,
    },
    /// The tree of a commit, of the target or of the ledger: for CI and server hooks.
    Commit(ObjectId),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Most severe first: the files with errors, by path, with nothing but those; then all
    /// warnings, file by file. A file with both is here twice.
    pub files: Vec<BadFile>,
    /// How many files were read.
    pub checked: usize,
    /// The commit that was asked about; none: the working tree, or what is staged. Files of another
    /// commit are the ledger's beside it.
    pub commit: Option<ObjectId>,
}

impl Report {
    /// A report of files with findings.
    #[must_use]
    pub fn new(files: &[BadFile], checked: usize, commit: Option<ObjectId>) -> Self {
        let only = |severity: Severity| {
            let parts = files.iter().map(move |file| BadFile {
                file: file.file.clone(),
                commit: file.commit,
                text: file.text.clone(),
                findings: file.of(severity).cloned().collect(),
            });
            parts.filter(|file| !file.findings.is_empty())
        };
        Self {
            files: only(Severity::Error)
                .chain(only(Severity::Warning))
                .collect(),
            checked,
            commit,
        }
    }

    /// The number of findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.files
            .iter()
            .map(|file| file.of(severity).count())
            .sum()
    }

    /// Whether nothing stands in the way.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.count(Severity::Error) == 0
    }
}

/// Validates rules, plan and, if asked for, the ledger. What is wrong with files is in the report;
/// nothing is changed and nothing of the repository runs.
///
/// # Errors
/// [`LedgerError::Git`] when the repository cannot be read: no worktree, a missing object.
pub fn validate(
    repo: &Repo,
    ledger: Option<&Ledger>,
    options: &Options,
) -> Result<Report, LedgerError> {
    report(repo, &collect(repo, ledger, options)?, options)
}

/// Validates beside a ledger whose marker does not read, which is a finding among the others.
///
/// # Errors
/// As [`validate`].
pub fn validate_beside(
    repo: &Repo,
    marker: &BadFile,
    options: &Options,
) -> Result<Report, LedgerError> {
    let mut collected = read(repo, None, Reach::Whole, options)?;
    if let Some(commit) = marker.commit
        && options.source != Source::Commit(commit)
    {
        collected.ledger(repo, &Place::Commit(commit))?;
    }
    report(repo, &collected, options)
}

/// Reads everything that is judged.
fn collect(
    repo: &Repo,
    ledger: Option<&Ledger>,
    options: &Options,
) -> Result<Collected, LedgerError> {
    let beside = ledger.filter(|_| options.with_ledger);
    let reach = match (ledger, beside) {
        (Some(_), None) => Reach::TargetAlone,
        _ => Reach::Whole,
    };
    read(repo, beside, reach, options)
}

fn read(
    repo: &Repo,
    beside: Option<&Ledger>,
    reach: Reach,
    options: &Options,
) -> Result<Collected, LedgerError> {
    let mut collected = Collected::new(reach);
    match &options.source {
        Source::Commit(commit) => both(repo, beside, *commit, &mut collected)?,
        Source::WorkTree { paths } => {
            let root = work_dir(repo)?;
            let place = Place::WorkTree {
                root: root.clone(),
                left_out: repo.left_out(places::GOVERNANCE)?,
            };
            collected.target(repo, &place)?;
            for shown in Asked::of(&root, paths).0 {
                if collected.has_target(&shown) || Path::new(places::GOVERNANCE).starts_with(&shown)
                {
                    continue;
                }
                let path = root.join(&shown);
                let governed = shown.starts_with(places::GOVERNANCE);
                if path.is_dir() || governed && path.symlink_metadata().is_ok() {
                    collected.unread(&shown);
                } else {
                    collected.named(&path, &shown);
                }
            }
            with_tip(repo, beside, &mut collected)?;
        }
        Source::Staged { index } => {
            let staged = repo.staged(places::GOVERNANCE, index.as_deref())?;
            collected.target(repo, &Place::Index(staged))?;
            with_tip(repo, beside, &mut collected)?;
        }
    }
    Ok(collected)
}

/// Judges all, and tells of what was asked about.
fn report(repo: &Repo, collected: &Collected, options: &Options) -> Result<Report, LedgerError> {
    let mut files = collected.judge();
    if let Source::WorkTree { paths } = &options.source
        && !paths.is_empty()
    {
        let asked = Asked::of(&work_dir(repo)?, paths);
        files.retain(|file| file.commit.is_none() && asked.covers(&file.file));
    }
    let commit = match options.source {
        Source::Commit(commit) => Some(commit),
        Source::WorkTree { .. } | Source::Staged { .. } => None,
    };
    Ok(Report::new(&files, collected.count(), commit))
}

/// A commit of the ledger is judged beside the target's tip, any other beside the ledger's.
fn both(
    repo: &Repo,
    beside: Option<&Ledger>,
    commit: ObjectId,
    collected: &mut Collected,
) -> Result<(), LedgerError> {
    let place = Place::Commit(commit);
    if repo.entry_at(commit, places::MARKER)?.is_none() {
        collected.target(repo, &place)?;
        return with_tip(repo, beside, collected);
    }
    if let Some(ledger) = beside {
        collected.target(repo, &Place::Commit(ledger.target()?))?;
    }
    Ok(collected.ledger(repo, &place)?)
}

fn with_tip(
    repo: &Repo,
    beside: Option<&Ledger>,
    collected: &mut Collected,
) -> Result<(), LedgerError> {
    if let Some(ledger) = beside
        && let Some(tip) = ledger.tip()?
    {
        collected.ledger(repo, &Place::Commit(tip))?;
    }
    Ok(())
}

fn work_dir(repo: &Repo) -> Result<PathBuf, GitError> {
    let dir = repo.git_dir();
    repo.work_dir().ok_or(GitError::NoRepository { dir })
}

/// What is asked about: paths as [`from_root`] gives them.
struct Asked(Vec<PathBuf>);

impl Asked {
    fn of(root: &Path, paths: &[PathBuf]) -> Self {
        Self(paths.iter().map(|path| from_root(root, path)).collect())
    }

    /// Whether a file, by the name that findings have, is asked about.
    fn covers(&self, file: &str) -> bool {
        let file = Path::new(file);
        self.0.is_empty() || self.0.iter().any(|path| file.starts_with(path))
    }
}

/// A path of the options from the root of the worktree, by the one name that the file has: what it
/// leads to through links and `..`. Of a path into `governance/` the links are left in, since they
/// are findings. Outside of the worktree absolute.
fn from_root(root: &Path, path: &Path) -> PathBuf {
    let full = root.join(path);
    let spelt = plain(&full);
    if let Ok(below) = spelt.strip_prefix(plain(root))
        && below.starts_with(places::GOVERNANCE)
        && !full.components().any(|part| part == Component::ParentDir)
    {
        return below.to_owned();
    }
    let Ok(root) = root.canonicalize() else {
        return spelt;
    };
    let below = |path: &Path| path.strip_prefix(&root).map(Path::to_owned).ok();
    let parent = full.parent().and_then(|parent| parent.canonicalize().ok());
    let link = parent
        .zip(full.file_name())
        .map(|(dir, name)| dir.join(name));
    if let Some(below) = link.as_deref().and_then(below)
        && below.starts_with(places::GOVERNANCE)
    {
        return below;
    }
    let whole = full.canonicalize().ok().or(link).unwrap_or(spelt);
    below(&whole).unwrap_or(whole)
}

/// A path without `.` and `..`, by its spelling alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
