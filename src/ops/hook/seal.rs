//! Who made a commit, and how far that is shown (X8).

use crate::domain::id::AgentName;
use crate::domain::identity::IdentityMap;
use crate::domain::signature::Level;
use crate::git::Commit;

/// The agents of the map whose address the committer has: several may share one.
pub(super) fn committers<'m>(
    map: &'m IdentityMap,
    commit: &'m Commit,
) -> impl Iterator<Item = &'m AgentName> {
    let email = &commit.committer.email;
    let known = map.agents.iter().filter(move |(_, agent)| {
        let mut emails = agent.emails.iter();
        emails.any(|known| known.eq_ignore_ascii_case(email))
    });
    known.map(|(name, _)| name)
}

/// The least that a server asks for: it has not judged the commit yet, so it cannot ask for its
/// own word.
pub(super) fn owed(minimum: Level) -> Level {
    minimum.min(Level::Signed)
}
