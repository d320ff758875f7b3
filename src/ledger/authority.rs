//! Who decides: the ref in this repository, or the ref in a remote. One seam for both, so that the
//! publication above does not know which it talks to.

use std::collections::BTreeMap;
use std::time::Duration;

use super::accepted::Accepted;
use super::kept::keep;
use super::{Ledger, LedgerError};
use crate::domain::id::{ObjectId, RemoteName};
use crate::domain::policy::{Authority as Place, Durability};
use crate::git::{
    Cas, Durability as Flush, Expect, Fetch, GitError, Listing, PushOutcome, PushSpec, PushUpdate,
    RefEdit, Repo,
};
use crate::process::read_own;

/// A ref that moves together with the ledger: the target of a landing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Companion {
    /// The value it must have.
    pub from: ObjectId,
    /// The value it gets.
    pub to: ObjectId,
}

/// What a mutation is decided by.
pub trait Authority {
    /// Moves the ledger from `from` to `to`, and the target with it if there is a companion: both
    /// or none, within `limit`.
    ///
    /// # Errors
    /// Of git, before anything was sent.
    fn publish(
        &self,
        ledger: &Ledger,
        from: Option<ObjectId>,
        to: ObjectId,
        companion: Option<&Companion>,
        durability: Durability,
        limit: Duration,
    ) -> Result<PushOutcome, LedgerError>;

    /// Brings ledger and target up to date, as the authority has them, within `limit`.
    ///
    /// # Errors
    /// [`LedgerError::Unreachable`]; [`LedgerError::Rewritten`]; of git.
    fn refresh(&self, ledger: &Ledger, limit: Duration) -> Result<(), LedgerError>;

    /// How long one exchange may take, with what settles an unknown outcome.
    fn limit(&self) -> Duration;
}

/// The authority that the ledger's marker names.
#[must_use]
pub fn of(ledger: &Ledger, limit: Duration) -> Box<dyn Authority> {
    match &ledger.marker.authority {
        Place::Local => Box::new(Local),
        Place::Remote(remote) => Box::new(Remote {
            name: remote.clone(),
            limit,
            brings_target: true,
        }),
    }
}

/// The same for what is judged by the last rules, wherever the target stands: it is not looked at,
/// and its tracking ref stays.
#[must_use]
pub fn of_ledger_alone(ledger: &Ledger, limit: Duration) -> Box<dyn Authority> {
    match &ledger.marker.authority {
        Place::Local => Box::new(Local),
        Place::Remote(remote) => Box::new(Remote {
            name: remote.clone(),
            limit,
            brings_target: false,
        }),
    }
}

/// The refs of this repository.
struct Local;

fn expect(value: Option<ObjectId>) -> Expect {
    value.map_or(Expect::Absent, Expect::At)
}

/// The rules' durability as git's.
pub(super) fn flush(durability: Durability) -> Flush {
    match durability {
        Durability::Full => Flush::Full,
        Durability::Fast => Flush::Fast,
    }
}

impl Authority for Local {
    fn publish(
        &self,
        ledger: &Ledger,
        from: Option<ObjectId>,
        to: ObjectId,
        companion: Option<&Companion>,
        durability: Durability,
        _: Duration,
    ) -> Result<PushOutcome, LedgerError> {
        let mut edits = vec![RefEdit {
            name: ledger.tip_ref.clone(),
            expect: expect(from),
            new: Some(to),
        }];
        // An empty range lands without moving the target.
        if let Some(target) = companion.filter(|target| target.from != target.to) {
            edits.push(RefEdit {
                name: ledger.target_ref.clone(),
                expect: Expect::At(target.from),
                new: Some(target.to),
            });
        }
        detach_checkouts(ledger)?;
        match ledger.repo.cas(&edits, "laneway", flush(durability))? {
            Cas::Moved => Ok(PushOutcome::Won),
            Cas::Lost { name, actual } => {
                let reason = actual.map_or("it is gone".to_owned(), |at| format!("it is at {at}"));
                Ok(PushOutcome::Lost { name, reason })
            }
        }
    }

    fn refresh(&self, _: &Ledger, _: Duration) -> Result<(), LedgerError> {
        Ok(())
    }

    /// Nothing here waits for anybody but the locks, which have their own limits.
    fn limit(&self) -> Duration {
        Duration::from_secs(60)
    }
}

/// Detaches every worktree that has the ledger checked out, at the commit it shows: a commit made
/// there later would undo what the ledger has got since (DESIGN §4). Looks at `HEAD` files only.
fn detach_checkouts(ledger: &Ledger) -> Result<(), LedgerError> {
    let common = ledger.repo.common_dir();
    let shows = |head: std::path::PathBuf| {
        // Longer than the name of any ref is none of ours.
        let text = read_own(&head, 4096).unwrap_or_default();
        text.strip_prefix(b"ref: ")
            .is_some_and(|name| name.trim_ascii_end() == ledger.tip_ref.as_bytes())
    };
    let linked = std::fs::read_dir(common.join("worktrees"))
        .into_iter()
        .flatten();
    let linked = linked
        .filter_map(Result::ok)
        .any(|entry| shows(entry.path().join("HEAD")));
    if !linked && (ledger.repo.is_bare() || !shows(common.join("HEAD"))) {
        return Ok(());
    }
    for worktree in ledger.repo.worktrees()? {
        if worktree.branch.as_ref() == Some(&ledger.tip_ref) && !worktree.bare {
            ledger.repo.worktree_detach(&worktree.path)?;
        }
    }
    Ok(())
}

/// The refs of a remote; the tracking refs here follow.
struct Remote {
    name: RemoteName,
    limit: Duration,
    /// Whether a look brings the target, too.
    brings_target: bool,
}

impl Authority for Remote {
    fn publish(
        &self,
        ledger: &Ledger,
        from: Option<ObjectId>,
        to: ObjectId,
        companion: Option<&Companion>,
        durability: Durability,
        limit: Duration,
    ) -> Result<PushOutcome, LedgerError> {
        let mut moves = vec![(ledger.marker.branch.full(), &ledger.tip_ref, from, to)];
        if let Some(target) = companion.filter(|target| target.from != target.to) {
            let branch = ledger.marker.target.full();
            moves.push((branch, &ledger.target_ref, Some(target.from), target.to));
        }
        let updates = moves
            .iter()
            .map(|(name, _, from, to)| PushUpdate {
                name: name.clone(),
                new: Some(*to),
                expect: expect(*from),
                rewind: false,
            })
            .collect();
        let spec = PushSpec {
            remote: self.name.clone(),
            updates,
            atomic: moves.len() > 1,
            limit,
        };
        let outcome = ledger.repo.push(&spec)?;
        if outcome == PushOutcome::Won {
            for (_, tracking, _, to) in moves {
                // Confirmed is confirmed: a tracking ref that cannot follow now does so at the next
                // fetch.
                drop(follow(ledger, tracking, to, durability));
            }
        }
        Ok(outcome)
    }

    fn limit(&self) -> Duration {
        self.limit
    }

    fn refresh(&self, ledger: &Ledger, limit: Duration) -> Result<(), LedgerError> {
        let marker = &ledger.marker;
        let mut branches = vec![(marker.branch.full(), &ledger.tip_ref)];
        if self.brings_target {
            branches.push((marker.target.full(), &ledger.target_ref));
        }
        let tracked = branches.iter();
        let mut specs: Vec<String> = tracked
            .map(|(branch, tracking)| format!("{branch}:{tracking}"))
            .collect();
        // A pattern: a server that has said nothing is no error.
        specs.push(format!("+{0}*:{0}*", super::signature::VERIFIED));
        let clock = &ledger.env.clock;
        let start = clock.instant();
        match ledger.repo.fetch(&self.name, &specs, limit)? {
            Fetch::Done => ledger.observe(),
            Fetch::Unreachable { stderr } => Err(self.unreachable(&stderr)),
            // Git does not say it in a form to be relied on: the remote is asked what it has.
            Fetch::NoSuchRef { stderr } | Fetch::NotForward { stderr } => {
                let left = limit.saturating_sub(clock.instant() - start);
                let names: Vec<&String> = branches.iter().map(|(branch, _)| branch).collect();
                let found = match ledger.repo.ls_remote(&self.name, &names, left)? {
                    Listing::Refs(refs) => refs,
                    Listing::Unreachable { stderr } => return Err(self.unreachable(&stderr)),
                };
                let mut wrong = rewritten(ledger, &found)?;
                if wrong.is_none() && self.brings_target {
                    wrong = target_rewritten(ledger, &found)?;
                }
                match wrong {
                    Some(error) => Err(error),
                    None if found.len() == branches.len() => Ok(()),
                    None => Err(self.unreachable(&stderr)),
                }
            }
        }
    }
}

impl Remote {
    fn unreachable(&self, stderr: &str) -> LedgerError {
        LedgerError::Unreachable {
            remote: self.name.clone(),
            why: last_line(stderr),
        }
    }
}

/// Whether a person went on with a rewritten target that `there` descends from, instead of what is
/// `here`: an acceptance in the ledger says so, not merely the rules that were used last.
fn is_accepted(ledger: &Ledger, here: ObjectId, there: ObjectId) -> Result<bool, LedgerError> {
    let repo = &ledger.repo;
    let Some(tip) = ledger.tip()?.filter(|_| repo.exists(there)) else {
        return Ok(false);
    };
    match Accepted::before(repo, tip)? {
        Some(accepted) => accepted.covers(repo, here, there),
        None => Ok(false),
    }
}

/// Whether `to` is nothing but `from` with more on top.
fn forward(repo: &Repo, from: Option<ObjectId>, to: Option<ObjectId>) -> Result<bool, LedgerError> {
    Ok(match (from, to) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(from), Some(to)) => repo.exists(to) && repo.is_ancestor(from, to)?,
    })
}

/// That the remote has rewritten or lost the ledger, as an error; `None` where it has not.
fn rewritten(
    ledger: &Ledger,
    found: &BTreeMap<String, ObjectId>,
) -> Result<Option<LedgerError>, LedgerError> {
    let repo = &ledger.repo;
    let here = ledger.seen().tip().or(repo.tip(&ledger.tip_ref)?);
    let there = found.get(&ledger.marker.branch.full()).copied();
    match here {
        Some(seen) if !forward(repo, here, there)? => Ok(Some(ledger.rewritten(seen, there)?)),
        _ => Ok(None),
    }
}

/// That the remote has rewritten or lost the target, as an error; `None` where it has not, or a
/// person has gone on with it: then the tracking ref follows, and what it stood at is kept.
fn target_rewritten(
    ledger: &Ledger,
    found: &BTreeMap<String, ObjectId>,
) -> Result<Option<LedgerError>, LedgerError> {
    let repo = &ledger.repo;
    let here = repo.tip(&ledger.target_ref)?;
    let Some(there) = found.get(&ledger.marker.target.full()).copied() else {
        return Ok(Some(LedgerError::NoTarget(ledger.target_ref.clone())));
    };
    match here {
        Some(last) if !forward(repo, here, Some(there))? => {
            if !is_accepted(ledger, last, there)? {
                let target = there;
                return Ok(Some(LedgerError::RulesWentBack { target, last }));
            }
            keep(repo, "target", last)?;
            let edit = RefEdit {
                name: ledger.target_ref.clone(),
                expect: expect(here),
                new: Some(there),
            };
            let _moved = repo.cas(&[edit], "laneway: accepted", Flush::Full)?;
            ledger.observe().map(|()| None)
        }
        _ => Ok(None),
    }
}

/// Moves a tracking ref after the remote confirmed. It never goes back: somebody's fetch may have
/// been faster and brought more.
fn follow(
    ledger: &Ledger,
    tracking: &str,
    to: ObjectId,
    durability: Durability,
) -> Result<(), GitError> {
    let now = ledger.repo.tip(tracking)?;
    if let Some(now) = now
        && ledger.repo.is_ancestor(to, now)?
    {
        return Ok(());
    }
    let edit = RefEdit {
        name: tracking.to_owned(),
        expect: expect(now),
        new: Some(to),
    };
    match ledger
        .repo
        .cas(&[edit], "laneway: push", flush(durability))?
    {
        Cas::Moved | Cas::Lost { .. } => Ok(()),
    }
}

/// What git said in one line: the fault it names, else its last line.
#[must_use]
pub fn last_line(stderr: &str) -> String {
    let said = || {
        stderr
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    let fault = said().find(|line| line.starts_with("fatal:") || line.starts_with("error:"));
    fault
        .or_else(|| said().next_back())
        .unwrap_or("no reason was given")
        .to_owned()
}
