//! `audit coverage`: commits and files of the target that no task covers (P51).
//!
//! What a task covers is read from the ledger's history, where each landing and completion names its
//! commit: the commits that laneway landed, one by one; a forge's squash; of a forge's rebase the
//! commits that have author, moment and message of what was handed off; the side of a merge. On
//! someone's word, and where an import names it, one commit is covered, no range that nobody proved.
//!
//! The first-parent line of the target is walked once, newest first. Memory grows with the number of
//! landings and of changed files, not of commits.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::id::{ObjectId, TaskId};
use crate::domain::policy::Direct;
use crate::domain::state::{Completion, Standing};
use crate::domain::time::Timestamp;
use crate::git::{Commit, Repo, Signature};
use crate::ledger::{Ledger, LedgerError, Loader, message, paths};

/// A commit of the target that no task covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    /// The commit.
    pub commit: ObjectId,
    /// When it was written, by its author's clock.
    pub at: Timestamp,
    /// Who wrote it: name and address, as anybody may write them.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// How many paths it changes.
    pub files: usize,
    /// What the rules of its parent said of commits outside of tasks; without such rules all are
    /// allowed.
    pub direct: Direct,
}

/// What of the target's history tasks cover.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// The commit after which the range begins; none: at the first.
    pub from: Option<ObjectId>,
    /// The last commit of the range.
    pub to: Option<ObjectId>,
    /// How many commits tasks cover.
    pub covered: usize,
    /// How many commits change rules and plan alone.
    pub governance: usize,
    /// How many change nothing.
    pub empty: usize,
    /// The others, newest first.
    pub uncovered: Vec<Uncovered>,
    /// Files as they stand at the end of the range that one of those changed last, with which.
    pub files: BTreeMap<String, ObjectId>,
}

impl Coverage {
    /// How many commits were looked at.
    #[must_use]
    pub fn commits(&self) -> usize {
        self.covered + self.governance + self.empty + self.uncovered.len()
    }
}

/// How far back a landing reaches.
#[derive(Debug, Clone)]
enum Reach {
    /// Up to this commit, which it does not cover.
    After(ObjectId),
    /// As long as commits are those that were handed off, replayed by others.
    Replayed(BTreeSet<Written>),
}

/// What a replay keeps of a commit: author, moment, message.
type Written = (String, String, i64, String);

fn written(commit: &Commit) -> Written {
    let Signature {
        name,
        email,
        seconds,
        ..
    } = &commit.author;
    let message = commit.message.trim_end().to_owned();
    (name.clone(), email.clone(), *seconds, message)
}

/// Looks at the commits of the target after `from`, up to `to`; without them from when the
/// repository was governed first, up to the target as it stands here.
///
/// # Errors
/// Of git; when a state file of the ledger's history does not read.
pub fn coverage(
    ledger: &Ledger,
    from: Option<ObjectId>,
    to: Option<ObjectId>,
) -> Result<Coverage, LedgerError> {
    let repo = &ledger.repo;
    let loader = Loader::new(repo);
    let landings = landings(ledger, &loader)?;
    let to = match to {
        Some(to) => to,
        None => ledger.target()?,
    };
    let mut found = Coverage {
        to: Some(to),
        ..Coverage::default()
    };
    let mut active: Option<Reach> = None;
    let mut seen = BTreeSet::new();
    for id in repo.first_parents(to) {
        let id = id?;
        let commit = repo.commit(id)?;
        let governed = |commit| repo.entry_at(commit, paths::POLICY).map(|e| e.is_some());
        if Some(id) == from || (from.is_none() && !governed(id)?) {
            found.from = Some(id);
            break;
        }
        let goes_on = match &active {
            Some(Reach::After(onto)) => *onto != id,
            Some(Reach::Replayed(all)) => all.contains(&written(&commit)),
            None => false,
        };
        if let Some(reach) = landings.reach.get(&id) {
            active = Some(reach.clone());
        } else if !goes_on {
            active = None;
        }
        let merged = commit.parents.iter().skip(1);
        let merged = merged.copied().any(|side| landings.names(side));
        let covered = active.is_some() || merged || landings.alone.contains(&id);
        look(&loader, id, &commit, covered, &mut seen, &mut found)?;
    }
    Ok(found)
}

/// Counts a commit, and its files unless a later commit of the walk changed them.
fn look(
    loader: &Loader<'_>,
    id: ObjectId,
    commit: &Commit,
    covered: bool,
    seen: &mut BTreeSet<String>,
    found: &mut Coverage,
) -> Result<(), LedgerError> {
    let (mut files, mut others) = (0, 0);
    let mut touch = |path: String, stands: bool| {
        files += 1;
        let governance = path.starts_with("governance/");
        others += usize::from(!governance);
        if seen.insert(path.clone()) && !covered && !governance && stands {
            found.files.insert(path, id);
        }
    };
    match commit.parents.first() {
        Some(parent) => {
            for change in loader.repo().changed_paths(*parent, id)? {
                touch(change.path, change.new.is_some());
            }
        }
        // The first commit of all: what it brought is not told file by file.
        None => others = 1,
    }
    match (covered, others, files) {
        (true, _, _) => found.covered += 1,
        (false, 0, 0) => found.empty += 1,
        (false, 0, _) => found.governance += 1,
        (false, _, _) => found.uncovered.push(Uncovered {
            commit: id,
            at: Timestamp::from_seconds(commit.author.seconds),
            author: format!("{} <{}>", commit.author.name, commit.author.email),
            subject: commit.message.lines().next().unwrap_or_default().to_owned(),
            files,
            direct: direct(loader, commit),
        }),
    }
    Ok(())
}

/// The commits that tasks name as theirs.
#[derive(Debug, Default)]
struct Landings {
    /// Those with which a task landed, and how far back each reaches.
    reach: HashMap<ObjectId, Reach>,
    /// Those that an import named: each covers itself.
    alone: BTreeSet<ObjectId>,
}

impl Landings {
    fn names(&self, commit: ObjectId) -> bool {
        self.reach.contains_key(&commit) || self.alone.contains(&commit)
    }
}

/// What the rules that were in force when a commit came to the target said of such commits. Where
/// they do not read, nobody could be held to them.
fn direct(loader: &Loader<'_>, commit: &Commit) -> Direct {
    let parent = commit.parents.first();
    let rules = parent.and_then(|parent| loader.rules(*parent).ok());
    rules.map_or(Direct::Allow, |rules| rules.policy.direct)
}

/// Every commit with which a task landed, by the ledger's history, and how far back it reaches.
fn landings(ledger: &Ledger, loader: &Loader<'_>) -> Result<Landings, LedgerError> {
    let mut found = Landings::default();
    let Some(tip) = ledger.tip()? else {
        return Ok(found);
    };
    let repo = &ledger.repo;
    for id in repo.first_parents(tip) {
        let id = id?;
        let text = repo.commit(id)?.message;
        let landed = match message::trailer(&text, "Laneway-Op") {
            Some("land") => true,
            Some("complete") => false,
            Some("import") => {
                adopted(loader, id, &mut found)?;
                continue;
            }
            _ => continue,
        };
        let task = message::trailer(&text, "Laneway-Task").and_then(|task| task.parse().ok());
        let Some(task): Option<TaskId> = task else {
            continue;
        };
        let history = loader.history(id, &task)?;
        let Some(Standing::Done(done)) = history.map(|history| history.state.standing) else {
            continue;
        };
        // What moved no commit covers none: the tip it names is somebody else's.
        if done.commit != done.onto {
            let reach = || reach(repo, landed, &done);
            found.reach.entry(done.commit).or_insert_with(reach);
        }
    }
    Ok(found)
}

/// The commits that the source of an import names as those of its done tasks. Where it names none
/// the importer vouches, and the commit is only the target as it was.
fn adopted(loader: &Loader<'_>, commit: ObjectId, found: &mut Landings) -> Result<(), LedgerError> {
    let repo = loader.repo();
    let Some(parent) = repo.parents(commit)?.first().copied() else {
        return Ok(());
    };
    for change in repo.changed_paths(parent, commit)? {
        let Some(task) = paths::task_of_state(&change.path) else {
            continue;
        };
        let history = loader.history(commit, &task)?;
        if let Some(Standing::Adopted(adoption)) = history.map(|history| history.state.standing)
            && !adoption.on_word
        {
            found.alone.insert(adoption.commit);
        }
    }
    Ok(())
}

fn reach(repo: &Repo, landed: bool, done: &Completion) -> Reach {
    if landed {
        return Reach::After(done.onto);
    }
    if done.commit == done.submission.commit {
        return Reach::After(done.submission.base);
    }
    let submission = &done.submission;
    let handed_off = repo.commits_between(submission.base, submission.commit);
    // Work that is gone from here can be compared with nothing: then one commit is covered.
    let handed_off = handed_off.unwrap_or_default().into_iter();
    let commits = handed_off.filter_map(|id| repo.commit(id).ok());
    Reach::Replayed(commits.map(|commit| written(&commit)).collect())
}
