//! Which ledger commit wrote a record, and what shows who made it (X8).
//!
//! A record was written by the commit that has it as it stands now and whose parent has not. The
//! line is walked from its tip, and no further than to the oldest record that is asked for. A
//! commit of laneway carries the second of its request, and so do the records it writes: only the
//! commits of that second are opened, and there the lines of the record are looked for in the state
//! file, which has one form. A record that none of them wrote so came in by other means; for it the
//! files of all are read, so that a lie about the time hides nobody.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::signature::{last_verified, shown};
use crate::domain::id::{AgentName, ObjectId, TaskId};
use crate::domain::record::Record;
use crate::domain::signature::Level;
use crate::git::{GitError, Step};
use crate::ledger::yaml::Limits;
use crate::ledger::{Ledger, LedgerError, Loader, message, paths, write};

/// The ledger commit that wrote a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The commit.
    pub commit: ObjectId,
    /// What shows that the one whom the record names made it.
    pub level: Level,
}

/// The ledger commits that wrote the records that were asked for.
#[derive(Debug, Clone, Default)]
pub struct Authorship(BTreeMap<TaskId, BTreeMap<u32, Written>>);

impl Authorship {
    /// The commit that wrote record `n` of `task`; none where history is cut off before it.
    #[must_use]
    pub fn of(&self, task: &TaskId, n: u32) -> Option<Written> {
        self.0.get(task)?.get(&n).copied()
    }
}

/// Finds who wrote records of the ledger at `tip`. Takes one object read for each commit up to the
/// oldest of them, and some more for those of the same second.
///
/// # Errors
/// Of git; [`LedgerError::BadFile`] when a state file of then does not read.
pub fn authorship<'r>(
    ledger: &Ledger,
    loader: &Loader<'_>,
    tip: ObjectId,
    records: impl IntoIterator<Item = (&'r TaskId, &'r Record)>,
) -> Result<Authorship, LedgerError> {
    let mut search = Search {
        loader,
        tip,
        pending: HashMap::new(),
        verified: None,
        found: Authorship::default(),
    };
    for (task, record) in records {
        search.pending.entry(task).or_default().push(record);
    }
    if search.pending.is_empty() {
        return Ok(search.found);
    }
    search.verified = last_verified(ledger, tip)?;
    search.walk(Among::TheirSecond)?;
    search.walk(Among::All)?;
    Ok(search.found)
}

/// The commits in which a record is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Among {
    /// Those of the second that it tells.
    TheirSecond,
    /// All.
    All,
}

struct Search<'l, 'r> {
    loader: &'l Loader<'l>,
    tip: ObjectId,
    /// What is still looked for.
    pending: HashMap<&'r TaskId, Vec<&'r Record>>,
    /// The last commit that the server says it has judged.
    verified: Option<ObjectId>,
    found: Authorship,
}

impl<'r> Search<'_, 'r> {
    fn walk(&mut self, among: Among) -> Result<(), LedgerError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let seconds: HashSet<i64> = match among {
            Among::TheirSecond => {
                let records = self.pending.values().flatten();
                records.map(|record| record.at.seconds()).collect()
            }
            Among::All => HashSet::new(),
        };
        let repo = self.loader.repo();
        let mut judged = false;
        let mut next = Some(self.tip);
        while let Some(id) = next {
            let step = match repo.step(id) {
                Ok(step) => step,
                // The edge of a shallow clone.
                Err(GitError::MissingObject { .. }) if id != self.tip => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            judged |= self.verified == Some(id);
            if among == Among::All || seconds.contains(&step.seconds) {
                self.look(id, step, among, judged)?;
                if self.pending.is_empty() {
                    return Ok(());
                }
            }
            next = step.parent;
        }
        Ok(())
    }

    /// Takes down what the commit `id` has written.
    fn look(
        &mut self,
        id: ObjectId,
        step: Step,
        among: Among,
        judged: bool,
    ) -> Result<(), LedgerError> {
        let before = match step.parent {
            Some(parent) if self.loader.repo().exists(parent) => Some(parent),
            // Behind the edge of a shallow clone: what stood there nobody can say.
            Some(_) => return Ok(()),
            None => None,
        };
        let tasks: Vec<&'r TaskId> = self.pending.keys().copied().collect();
        for task in tasks {
            let mut pending = self.pending.remove(task).unwrap_or_default();
            let mine = match among {
                Among::TheirSecond => {
                    let of_second = |record: &&Record| record.at.seconds() == step.seconds;
                    let candidates: Vec<&Record> =
                        pending.iter().copied().filter(of_second).collect();
                    self.written(id, before, task, candidates)?
                }
                Among::All if self.mark(Some(id), task)? == self.mark(before, task)? => Vec::new(),
                Among::All => {
                    let after = self.records(Some(id), task)?;
                    let before = self.records(before, task)?;
                    let wrote =
                        |record: &&Record| after.contains(record) && !before.contains(record);
                    pending.iter().copied().filter(wrote).collect()
                }
            };
            pending.retain(|record| !mine.iter().any(|one| one.n == record.n));
            if !pending.is_empty() {
                self.pending.insert(task, pending);
            }
            for record in mine {
                let level = self.level(id, &record.by, judged)?;
                let written = Written { commit: id, level };
                let of_task = self.found.0.entry(task.clone()).or_default();
                of_task.insert(record.n, written);
            }
        }
        Ok(())
    }

    /// Which of `records` have their lines in the state file of the commit `id`, and not in that of
    /// the one before it.
    fn written(
        &self,
        id: ObjectId,
        before: Option<ObjectId>,
        task: &TaskId,
        records: Vec<&'r Record>,
    ) -> Result<Vec<&'r Record>, LedgerError> {
        if records.is_empty() || self.mark(Some(id), task)? == self.mark(before, task)? {
            return Ok(Vec::new());
        }
        let Some(after) = self.text(id, task)? else {
            return Ok(Vec::new());
        };
        let written = match before {
            Some(before) => self.text(before, task)?,
            None => None,
        };
        // What comes back from the archive was there before.
        let put_away = match written {
            Some(_) => Vec::new(),
            None => self.records(before, task)?,
        };
        let written = written.unwrap_or_default();
        let mut mine = Vec::new();
        for record in records {
            let lines = write::record_text(record)?;
            if has(&after, &lines) && !has(&written, &lines) && !put_away.contains(record) {
                mine.push(record);
            }
        }
        Ok(mine)
    }

    /// The state file of a task; none where it has none.
    fn text(&self, commit: ObjectId, task: &TaskId) -> Result<Option<String>, LedgerError> {
        let repo = self.loader.repo();
        let found = repo.blob_at(commit, &paths::state(task), Limits::STATE.bytes as u64)?;
        Ok(found.map(|bytes| String::from_utf8(bytes).unwrap_or_default()))
    }

    /// The object of a commit that changes whenever the records of a task do: its state file, and
    /// without one the archive.
    fn mark(
        &self,
        commit: Option<ObjectId>,
        task: &TaskId,
    ) -> Result<Option<ObjectId>, LedgerError> {
        let Some(commit) = commit else {
            return Ok(None);
        };
        let repo = self.loader.repo();
        let found = match repo.entry_at(commit, &paths::state(task))? {
            Some(found) => Some(found),
            None => repo.entry_at(commit, paths::ARCHIVE_DIR)?,
        };
        Ok(found.map(|entry| entry.id))
    }

    fn records(&self, commit: Option<ObjectId>, task: &TaskId) -> Result<Vec<Record>, LedgerError> {
        match commit {
            Some(commit) => self.loader.records(commit, task),
            None => Ok(Vec::new()),
        }
    }

    fn level(&self, id: ObjectId, by: &AgentName, judged: bool) -> Result<Level, LedgerError> {
        let rules = message::rules(&self.loader.repo().commit(id)?.message);
        Ok(shown(self.loader, id, rules, by, || judged))
    }
}

/// Whether `text` has these lines, and the next one, if any, belongs to no longer record.
fn has(text: &str, lines: &str) -> bool {
    let mut from = 0;
    while let Some(at) = text[from..].find(lines) {
        let behind = &text[from + at + lines.len()..];
        if behind.is_empty() || behind.starts_with("  - ") || !behind.starts_with(' ') {
            return true;
        }
        from += at + lines.len();
    }
    false
}
