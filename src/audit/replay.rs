//! `audit replay`: the ledger as it stood at one of its commits (G21).

use crate::domain::id::ObjectId;
use crate::domain::snapshot::Snapshot;
use crate::domain::time::Timestamp;
use crate::ledger::message;
use crate::ledger::{Ledger, LedgerError, Loader};

/// Which moment is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Right after this ledger commit.
    Commit(ObjectId),
    /// Right after the last commit of the line whose own clock showed no later time. Clocks lie:
    /// the order is that of the line, and the commit that was taken is told.
    Time(Timestamp),
}

/// The commit that a moment leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The commit.
    pub commit: ObjectId,
    /// What its clock showed.
    pub at: Timestamp,
    /// The rules that judged it; none for the first commit.
    pub rules: Option<ObjectId>,
    /// The rules that judged the commit after it, where there is one.
    next: Option<ObjectId>,
    /// How many commits before it have clocks that showed a later time.
    pub ahead: usize,
}

/// Finds the commit of a moment; none when the ledger has nothing so early, or not that commit.
///
/// # Errors
/// Of git.
pub fn find(ledger: &Ledger, at: At) -> Result<Option<Taken>, LedgerError> {
    let Some(tip) = ledger.tip()? else {
        return Ok(None);
    };
    let repo = &ledger.repo;
    let mut taken: Option<Taken> = None;
    let mut next = None;
    for id in repo.first_parents(tip) {
        let id = id?;
        let commit = repo.commit(id)?;
        let shown = Timestamp::from_seconds(commit.committer.seconds);
        match &mut taken {
            Some(taken) => taken.ahead += usize::from(shown > taken.at),
            None => {
                let rules = message::rules(&commit.message);
                let meant = match at {
                    At::Commit(wanted) => wanted == id,
                    At::Time(time) => shown <= time,
                };
                if meant {
                    taken = Some(Taken {
                        commit: id,
                        at: shown,
                        rules,
                        next,
                        ahead: 0,
                    });
                }
                next = rules;
            }
        }
    }
    Ok(taken)
}

/// The ledger right after a commit, by the rules that judged it; right after the first, by those
/// that judged what came next.
///
/// # Errors
/// When rules, plan or state do not read.
pub fn state(ledger: &Ledger, taken: &Taken) -> Result<Snapshot, LedgerError> {
    let rules = match taken.rules.or(taken.next) {
        Some(rules) => rules,
        None => ledger.target()?,
    };
    Loader::new(&ledger.repo).snapshot(Some(taken.commit), rules, None)
}
