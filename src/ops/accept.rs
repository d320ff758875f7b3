//! `doctor --accept-ledger` and `doctor --accept-target`: a person goes on with a history that was
//! rewritten (P16, P25). What it stood at before is kept in a ref, and nothing is merged.

use super::OpError;
use super::mutate::Mutation;
use super::site::{self, Site, SiteOptions};
use crate::domain::id::ObjectId;
use crate::domain::request::Verb;
use crate::env::Env;
use crate::git::{Cas, Durability as Flush, Expect, Fetch, RefEdit, Repo};
use crate::ledger::pending::{Pending, PendingFile};
use crate::ledger::{Ledger, LedgerError, last_line, lock, message};

/// Where tips that were given up are kept: `refs/laneway/kept/<what>/<id>`.
const KEPT: &str = "refs/laneway/kept";

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
    let specs = format!("+{}:{}", ledger.marker.branch.full(), ledger.tip_ref);
    let there = fetched(&ledger, &specs)?;
    let now = if there { ledger.tip()? } else { None };
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
            let pending = PendingFile::below(&ledger.dir());
            pending.replace(&Pending::on(now)).map_err(io)?;
            let by = &ledger.marker.authority;
            ledger.seen().remember(env, tip, by).map_err(io)?;
        }
        None => {
            let edit = RefEdit {
                name: ledger.tip_ref.clone(),
                expect: ledger.tip()?.map_or(Expect::Absent, Expect::At),
                new: None,
            };
            let _moved = repo.cas(&[edit], "laneway: accept", Flush::Full)?;
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
    let old = repo.tip(&ledger.target_ref)?;
    let kept = match last.filter(|_| !dry_run) {
        Some(last) => keep(repo, "target", last)?,
        None => None,
    };
    let _there = fetched(
        ledger,
        &format!("+{}:{}", ledger.marker.target.full(), ledger.target_ref),
    )?;
    let now = ledger.target()?;
    require(named, &ledger.target_ref, Some(now))?;
    if let Some(last) = last
        && repo.exists(last)
        && repo.is_ancestor(last, now)?
    {
        let usage =
            format!("{now} descends from the last rules, {last}: nothing is to be accepted");
        return Err(OpError::Usage(usage));
    }
    let verb = Verb::AcceptTarget {
        target: now,
        reason: reason.to_owned(),
    };
    let mutation = site.carry_out(&site.request(verb)?, dry_run)?;
    Ok(Accepted {
        name: ledger.target_ref.clone(),
        before: last.or(old),
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

/// Keeps a commit in a ref of its own; `None` when it is not here.
fn keep(repo: &Repo, what: &str, commit: ObjectId) -> Result<Option<String>, OpError> {
    if !repo.exists(commit) {
        return Ok(None);
    }
    let name = format!("{KEPT}/{what}/{commit}");
    if repo.tip(&name)?.is_some() {
        return Ok(Some(name));
    }
    let edit = RefEdit {
        name: name.clone(),
        expect: Expect::Absent,
        new: Some(commit),
    };
    match repo.cas(&[edit], "laneway: keep", Flush::Full)? {
        Cas::Moved | Cas::Lost { .. } => Ok(Some(name)),
    }
}
