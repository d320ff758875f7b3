//! Who made a commit, and how far that is shown (X8).

use crate::domain::id::{AgentName, ObjectId};
use crate::domain::identity::IdentityMap;
use crate::domain::signature::{Level, Seal, level};
use crate::git::{Commit, GitError, Repo};

/// What shows that `agent` made the commit `id`, by the identity map.
///
/// # Errors
/// Of git.
pub(super) fn level_of(
    repo: &Repo,
    id: ObjectId,
    map: &IdentityMap,
    agent: &AgentName,
) -> Result<Level, GitError> {
    let commit = repo.commit(id)?;
    let seal = Seal {
        email: &commit.committer.email,
        key: None,
        verified: false,
    };
    Ok(level(map.agents.get(agent), seal))
}

/// The agent of the map whose address the committer has.
pub(super) fn committer<'m>(map: &'m IdentityMap, commit: &Commit) -> Option<&'m AgentName> {
    let email = &commit.committer.email;
    let mut agents = map.agents.iter();
    let (name, _) = agents.find(|(_, agent)| {
        let mut emails = agent.emails.iter();
        emails.any(|known| known.eq_ignore_ascii_case(email))
    })?;
    Some(name)
}

/// The least that a server asks for: it has not judged the commit yet, so it cannot ask for its
/// own word.
pub(super) fn owed(minimum: Level) -> Level {
    minimum.min(Level::Signed)
}
