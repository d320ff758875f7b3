//! What a submission does to files, by their content: protected tests that it deletes or shrinks,
//! and what a revision changes against the commit that was sent back.

use std::collections::BTreeSet;

use super::LedgerError;
use crate::domain::glob::Glob;
use crate::domain::id::ObjectId;
use crate::domain::record::{Handoff, Record};
use crate::domain::review;
use crate::domain::snapshot::{RangeFacts, Shrunk};
use crate::git::{Entry, EntryKind, GitError, Replay, Repo, Signature};

/// Largest file whose lines are counted, in bytes; of a larger one the size is compared.
const MAX_COUNTED: u64 = 4 << 20;

/// How much a file holds.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Lines that are not blank; none where they are not counted.
    lines: Option<usize>,
    bytes: u64,
}

impl Extent {
    /// This and another in one measure: lines where both were counted, else bytes.
    fn against(self, other: Option<Self>) -> (usize, Option<usize>) {
        let bytes = |one: Self| usize::try_from(one.bytes).unwrap_or(usize::MAX);
        match (self.lines, other) {
            (Some(lines), None) => (lines, None),
            (None, None) => (bytes(self), None),
            (Some(lines), Some(Self { lines: Some(o), .. })) => (lines, Some(o)),
            (_, Some(other)) => (bytes(self), Some(bytes(other))),
        }
    }
}

/// The files under `patterns` that are gone at `tip`, or have fewer lines that are not blank than
/// at `base` (P61). One that another protected path holds now as it was has only moved.
pub(super) fn shrunk(
    repo: &Repo,
    patterns: &[Glob],
    base: ObjectId,
    tip: ObjectId,
) -> Result<Vec<Shrunk>, LedgerError> {
    if patterns.is_empty() {
        return Ok(Vec::new());
    }
    let mut changes = repo.changed_paths(base, tip)?;
    changes.retain(|change| patterns.iter().any(|glob| glob.matches(&change.path)));
    let arrivals = changes.iter().filter(|change| change.old.is_none());
    let mut arrived: Vec<ObjectId> = arrivals.filter_map(|c| Some(c.new?.id)).collect();
    let mut shrunk = Vec::new();
    for change in changes {
        let Some(before) = extent(repo, change.old)? else {
            continue;
        };
        let after = extent(repo, change.new)?;
        if after.is_none() {
            let same = |id: &ObjectId| change.old.is_some_and(|old| old.id == *id);
            if let Some(moved) = arrived.iter().position(same) {
                arrived.remove(moved);
                continue;
            }
        }
        let (before, after) = before.against(after);
        if after.is_none_or(|after| after < before) {
            shrunk.push(Shrunk {
                path: change.path,
                before,
                after,
            });
        }
    }
    Ok(shrunk)
}

/// How much a file holds; none where there is no file.
fn extent(repo: &Repo, entry: Option<Entry>) -> Result<Option<Extent>, LedgerError> {
    let Some(entry) = entry.filter(|e| matches!(e.kind, EntryKind::Blob | EntryKind::Exec)) else {
        return Ok(None);
    };
    let bytes = match repo.blob(entry.id, MAX_COUNTED) {
        Ok(bytes) => bytes,
        Err(GitError::TooLarge { size, .. }) => {
            return Ok(Some(Extent {
                lines: None,
                bytes: size,
            }));
        }
        Err(error) => return Err(error.into()),
    };
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();
    Ok(Some(Extent {
        lines: Some(lines),
        bytes: bytes.len() as u64,
    }))
}

/// The paths whose change is another than that of the commit which a review sent back (G5). What
/// only the target moved is no change; nothing where no review did, or the commit is not here.
pub(super) fn revised(
    repo: &Repo,
    records: &[Record],
    facts: &RangeFacts,
) -> Result<Vec<String>, LedgerError> {
    let Some(sent) = review::sent_back(records) else {
        return Ok(Vec::new());
    };
    let earlier = sent.handoff;
    if !repo.exists(earlier.commit) || !repo.exists(earlier.base) {
        return Ok(Vec::new());
    }
    let (before, replayed) = match on_same_base(repo, earlier, facts.base)? {
        Some(commit) => (commit, true),
        None => (earlier.commit, false),
    };
    let own: BTreeSet<&String> = earlier.files.iter().chain(&facts.files).collect();
    let changes = repo.changed_paths(before, facts.tip)?.into_iter();
    Ok(changes
        .map(|change| change.path)
        .filter(|path| replayed || own.contains(path))
        .collect())
}

/// The earlier commit as it would be on `base`; none where it does not apply there.
fn on_same_base(
    repo: &Repo,
    earlier: &Handoff,
    base: ObjectId,
) -> Result<Option<ObjectId>, LedgerError> {
    if earlier.base == base {
        return Ok(Some(earlier.commit));
    }
    let nobody = Signature {
        name: "laneway".to_owned(),
        email: "replay@laneway.invalid".to_owned(),
        seconds: 0,
        offset: 0,
    };
    let mut writer = repo.writer();
    match writer.replay(earlier.base, earlier.commit, base, &nobody) {
        Ok(Replay::Commit(commit)) => {
            writer.sync()?;
            Ok(Some(commit))
        }
        Ok(Replay::Nothing) => Ok(Some(base)),
        Ok(Replay::Conflict { .. })
        | Err(GitError::MergeCommit { .. } | GitError::NotDescendant { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::Site;

    #[test]
    fn of_a_file_too_large_to_count_the_size_is_compared() {
        let site = Site::new();
        let large = "x".repeat(5 << 20);
        let before = site.work(site.target(), "t", &large);
        let patterns = [Glob::new("t").unwrap()];
        let lost = |text: &str| {
            let after = site.work(before, "t", text);
            let lost = shrunk(&site.ledger.repo, &patterns, before, after).unwrap();
            let lost = lost.into_iter().map(|test| (test.before, test.after));
            lost.collect::<Vec<_>>()
        };
        assert_eq!(lost(&large[1..]), [(5 << 20, Some((5 << 20) - 1))]);
        assert_eq!(lost("a\nb\n"), [(5 << 20, Some(4))]);
        assert_eq!(lost(&format!("{large}x")), []);
    }
}
