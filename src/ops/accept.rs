//! `doctor --accept-ledger` and `doctor --accept-target`: a person goes on with a history that was
//! rewritten (P16, P25). What it stood at before is kept in a ref, and nothing is merged.
//!
//! Invariant: until the person has named what is there, and is believed to decide on it, it is
//! looked at in a ref of its own. The refs that protect this clone stay where they are.

use super::OpError;
use super::mutate::Mutation;
use super::site::{self, Site, SiteOptions};
use crate::domain::id::{BranchName, ObjectId};
use crate::domain::request::Verb;
use crate::env::Env;
use crate::git::{Cas, Durability as Flush, Expect, Fetch, GitError, RefEdit, Repo};
use crate::ledger::authority::of_ledger_alone;
use crate::ledger::kept::keep;
use crate::ledger::pending::{Pending, PendingFile};
use crate::ledger::{Ledger, LedgerError, Publisher, last_line, lock, message};

/// Where a branch of the remote is looked at.
const LOOKED: &str = "refs/laneway/looked";

/// How long a lock of this machine is waited for.
const LOCK_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// How long the remote may take.
const REMOTE_LIMIT: std::time::Duration = std::time::Duration::from_secs(60);

/// What a person says is right: they must have looked, so they name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The commit, whole or its first seven digits or more.
    Commit(String),
    /// There is none.
    Gone,
}

impl std::str::FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.chars().all(|c| c.is_ascii_hexdigit());
        match text {
            "none" => Ok(Self::Gone),
            _ if hex && text.len() >= 7 => Ok(Self::Commit(text.to_ascii_lowercase())),
            _ => Err("say the commit, with seven digits or more, or `none`".to_owned()),
        }
    }
}

impl Named {
    fn is(&self, found: Option<ObjectId>) -> bool {
        match (self, found) {
            (Self::Gone, None) => true,
            (Self::Commit(start), Some(found)) => found.to_string().starts_with(start),
            _ => false,
        }
    }
}

/// A rewritten history that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The ref.
    pub name: String,
    /// Where it stood before, as far as it was seen.
    pub before: Option<ObjectId>,
    /// Where it stands.
    pub now: Option<ObjectId>,
    /// The ref that keeps what it stood at before.
    pub kept: Option<String>,
    /// The ledger commit that records it; none for a ledger, which cannot record its own loss.
    pub mutation: Option<Mutation>,
}

/// Goes on with the ledger as it stands with its authority, or without one.
///
/// # Errors
/// When it does not stand where the person says; of git and the remote.
pub fn ledger(env: &Env, options: &SiteOptions, named: &Named) -> Result<Accepted, OpError> {
    let (repo, _) = site::repository(env, options.dir.as_deref())?;
    let ledger = match Ledger::open(repo.clone(), env, options.ledger.as_ref()) {
        Ok(ledger) => ledger,
        Err(LedgerError::Rewritten {
            name,
            seen,
            found: None,
            ..
        }) => return forget(&repo, &name, seen, named),
        Err(error) => return Err(error.into()),
    };
    let now = looked_at(&ledger, &ledger.marker.branch, &ledger.tip_ref)?;
    require(named, &ledger.tip_ref, now)?;
    let before = ledger.seen().tip();
    let kept = before
        .map(|tip| keep(&repo, "ledger", tip))
        .transpose()?
        .flatten();
    let io = |source| OpError::Io {
        path: ledger.seen().path().to_owned(),
        source,
    };
    match now {
        Some(tip) => {
            // Nothing that was built on the history before may come after this one.
            let building = lock::take(env, &ledger.dir().join("build.lock"), "doctor", LOCK_LIMIT);
            let _building = building.map_err(LedgerError::from)?;
            moved(&ledger, &ledger.tip_ref, ledger.tip()?, now)?;
            let pending = PendingFile::below(&ledger.dir());
            pending.replace(&Pending::on(now)).map_err(io)?;
            let by = &ledger.marker.authority;
            ledger.seen().remember(env, tip, by).map_err(io)?;
        }
        None => {
            moved(&ledger, &ledger.tip_ref, ledger.tip()?, None)?;
            ledger.seen().forget().map_err(io)?;
        }
    }
    Ok(Accepted {
        name: ledger.tip_ref,
        before,
        now,
        kept,
        mutation: None,
    })
}

/// Forgets a ledger that is gone.
fn forget(repo: &Repo, name: &str, seen: ObjectId, named: &Named) -> Result<Accepted, OpError> {
    require(named, name, None)?;
    let kept = keep(repo, "ledger", seen)?;
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    let memory = crate::ledger::seen_of(repo, branch);
    memory.forget().map_err(|source| OpError::Io {
        path: memory.path().to_owned(),
        source,
    })?;
    Ok(Accepted {
        name: name.to_owned(),
        before: Some(seen),
        now: None,
        kept,
        mutation: None,
    })
}

/// Goes on with a target that does not descend from the last rules, and records it in the ledger.
///
/// # Errors
/// The refusal; when the target does not stand where the person says; of git and the remote.
pub fn target(
    site: &Site,
    named: &Named,
    reason: &str,
    dry_run: bool,
) -> Result<Accepted, OpError> {
    let ledger = &site.ledger;
    let repo = site.repo();
    // The ledger first: it says which rules were the last.
    let _there = fetched(
        ledger,
        &format!("{}:{}", ledger.marker.branch.full(), ledger.tip_ref),
    )?;
    let last = match ledger.sound_tip()? {
        Some(tip) => message::rules_in_force(&repo.commit(tip)?.message),
        None => None,
    };
    let seen = repo.tip(&ledger.target_ref)?;
    let now = looked_at(ledger, &ledger.marker.target, &ledger.target_ref)?;
    require(named, &ledger.target_ref, now)?;
    let now = now.ok_or_else(|| LedgerError::NoTarget(ledger.target_ref.clone()))?;
    let is_lost =
        |tip: ObjectId| Ok::<_, GitError>(!repo.exists(tip) || !repo.is_ancestor(tip, now)?);
    let lost = |tip: Option<ObjectId>| match tip {
        Some(tip) if is_lost(tip)? => Ok::<_, GitError>(Some(tip)),
        _ => Ok(None),
    };
    let (given_up, rules) = (lost(seen)?, lost(last)?);
    if given_up.or(rules).is_none()
        && let Some(last) = last
    {
        let usage = format!(
            "{now} descends from the last rules, {last}, and from what was seen of the target: \
             nothing is to be accepted"
        );
        return Err(OpError::Usage(usage));
    }
    let verb = Verb::AcceptTarget {
        target: now,
        given_up,
        reason: reason.to_owned(),
    };
    let request = site.request(verb)?;
    let publisher = Publisher::under(ledger, of_ledger_alone(ledger, site.remote_limit()));
    let mutation = site.carry_out_by(&publisher, &request, dry_run)?;
    let before = given_up.or(rules);
    let mut kept = None;
    if mutation.carried_out {
        for tip in [rules, given_up].into_iter().flatten() {
            kept = keep(repo, "target", tip)?;
        }
        moved(ledger, &ledger.target_ref, seen, Some(now))?;
    }
    Ok(Accepted {
        name: ledger.target_ref.clone(),
        before,
        now: Some(now),
        kept,
        mutation: Some(mutation),
    })
}

/// Refuses when `found` is not what the person named.
fn require(named: &Named, name: &str, found: Option<ObjectId>) -> Result<(), OpError> {
    if named.is(found) {
        return Ok(());
    }
    let at = found.map_or("gone".to_owned(), |id| format!("at {id}"));
    Err(OpError::Usage(format!("`{name}` is {at}: name that")))
}

/// Fetches from the deciding remote, if there is one; whether the ref is there.
fn fetched(ledger: &Ledger, spec: &str) -> Result<bool, OpError> {
    let Some(remote) = ledger.remote() else {
        return Ok(true);
    };
    match ledger.repo.fetch(remote, &[spec], REMOTE_LIMIT)? {
        Fetch::Done | Fetch::NotForward { .. } => Ok(true),
        Fetch::NoSuchRef { .. } => Ok(false),
        Fetch::Unreachable { stderr } => Err(LedgerError::Unreachable {
            remote: remote.clone(),
            why: last_line(&stderr),
        }
        .into()),
    }
}

/// Where the authority has `branch`, which stands in `place` here. What a remote has is brought here,
/// and no ref stays moved by that.
fn looked_at(
    ledger: &Ledger,
    branch: &BranchName,
    place: &str,
) -> Result<Option<ObjectId>, OpError> {
    let repo = &ledger.repo;
    if ledger.remote().is_none() {
        return Ok(repo.tip(place)?);
    }
    let looked = format!("{LOOKED}/{branch}");
    if !fetched(ledger, &format!("+{}:{looked}", branch.full()))? {
        return Ok(None);
    }
    let tip = repo.tip(&looked)?;
    moved(ledger, &looked, tip, None)?;
    Ok(tip)
}

/// Moves a ref of this clone. Who was faster has looked, too.
fn moved(
    ledger: &Ledger,
    name: &str,
    from: Option<ObjectId>,
    to: Option<ObjectId>,
) -> Result<(), OpError> {
    if from == to {
        return Ok(());
    }
    let edit = RefEdit {
        name: name.to_owned(),
        expect: from.map_or(Expect::Absent, Expect::At),
        new: to,
    };
    match ledger.repo.cas(&[edit], "laneway: accept", Flush::Full)? {
        Cas::Moved | Cas::Lost { .. } => Ok(()),
    }
}
