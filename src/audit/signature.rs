//! How far it is shown who made a ledger commit (X8, P24).
//!
//! The map decides that judged the commit: that of its `Laneway-Rules`. A key that is taken out of
//! the map later proves what it signed before, and nothing after; one that was never in it proves
//! nothing, however right the signature is.

use std::collections::HashSet;

use crate::domain::id::{AgentName, ObjectId};
use crate::domain::identity::IdentityMap;
use crate::domain::policy::Policy;
use crate::domain::signature::{Level, level};
use crate::git::{GitError, Repo};
use crate::ledger::signature::{Sealed, VERIFIED};
use crate::ledger::{Ledger, LedgerError, Loader};

/// The committer's address and the key that signed a commit.
///
/// # Errors
/// When the commit does not read.
pub fn seal(repo: &Repo, commit: ObjectId) -> Result<Sealed, GitError> {
    Sealed::read(repo, commit)
}

/// What shows that `agent` made the commit `id`, by `map`. The word of a server is not asked: at
/// most [`Level::Signed`]. A commit that does not read shows nothing.
#[must_use]
pub fn level_of(repo: &Repo, id: ObjectId, map: &IdentityMap, agent: &AgentName) -> Level {
    seal(repo, id).map_or(Level::Unsigned, |sealed| {
        level(map.agents.get(agent), sealed.seal(false))
    })
}

/// The ref by which the server that holds a ledger says how far it has judged it.
#[must_use]
pub fn verified_ref(ledger: &Ledger) -> String {
    format!("{VERIFIED}{}", ledger.marker.branch)
}

/// The last ledger commit that the server says it has judged, if it says so of this history.
///
/// # Errors
/// Of git.
pub fn last_verified(ledger: &Ledger, tip: ObjectId) -> Result<Option<ObjectId>, LedgerError> {
    let Some(said) = ledger.repo.tip(&verified_ref(ledger))? else {
        return Ok(None);
    };
    let repo = &ledger.repo;
    if repo.exists(said) && repo.is_ancestor(said, tip)? {
        return Ok(Some(said));
    }
    // Fetched a moment after the ledger was read: it has judged all that is here.
    let ahead = repo.exists(said) && repo.is_ancestor(tip, said)?;
    Ok(ahead.then_some(tip))
}

/// Whether the word of the server counts for a commit that was judged by `policy`: only where that
/// asks for it. On a remote without the guard anybody may write the ref that gives the word, so
/// whoever sets up the guard says in the policy that there is one.
#[must_use]
pub fn believed(policy: &Policy) -> bool {
    policy.signatures == Level::Verified
}

/// Tells the level of commits of one ledger, the word of its server included.
#[derive(Debug)]
pub struct Witness {
    /// The commits that the server says it has judged.
    verified: HashSet<ObjectId>,
}

impl Witness {
    /// For the commits of `ledger`.
    ///
    /// # Errors
    /// Of git.
    pub fn of(ledger: &Ledger) -> Result<Self, LedgerError> {
        let repo = &ledger.repo;
        let tip = ledger.tip()?;
        let said = tip.map(|tip| last_verified(ledger, tip)).transpose()?;
        let verified = match said.flatten() {
            Some(said) => repo.first_parents(said).collect::<Result<_, GitError>>()?,
            None => HashSet::new(),
        };
        Ok(Self { verified })
    }

    /// What shows that `agent` made the commit `id`, by the map of `rules`. Rules that do not read,
    /// as none at all, list nobody.
    #[must_use]
    pub fn level(
        &self,
        loader: &Loader<'_>,
        id: ObjectId,
        rules: Option<ObjectId>,
        agent: &AgentName,
    ) -> Level {
        shown(loader, id, rules, agent, || self.verified.contains(&id))
    }
}

/// What shows that `agent` made the commit `id`, by the map of `rules`; `verified` is asked only
/// where the word of the server is believed. Rules that do not read, as none at all, list nobody.
pub(super) fn shown(
    loader: &Loader<'_>,
    id: ObjectId,
    rules: Option<ObjectId>,
    agent: &AgentName,
    verified: impl FnOnce() -> bool,
) -> Level {
    let rules = rules.and_then(|at| loader.rules(at).ok());
    let (Some(rules), Ok(sealed)) = (rules, seal(loader.repo(), id)) else {
        return Level::Unsigned;
    };
    let verified = believed(&rules.policy) && verified();
    level(rules.identity.agents.get(agent), sealed.seal(verified))
}
