use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::domain::id::ObjectId;
use crate::git::{GitError, Repo};
use crate::ledger::message;

/// How far the clocks of a fleet may be apart, in seconds: so much before its own moment a request
/// is looked for.
const APART: i64 = 3600;

/// So many commits before those that are decided are read whatever their dates. A server's hook pays
/// for them with each push, so there is an end.
const MOST: usize = 20_000;

/// The requests of a ledger's line, to find one that is carried out twice.
///
/// A request that is replayed keeps its moment, so its first commit is no older than that, give or
/// take the clocks. But one commit with an old date says nothing of those before it: they are all
/// read, up to [`MOST`], and only then is an old date an end.
#[derive(Debug)]
pub(super) struct Requests {
    /// When each request was carried out, by the hash of its id and verb.
    seen: HashMap<u64, i64>,
    /// How many commits before those that are decided were read.
    read: usize,
    /// The next older commit that is not among them.
    older: Option<ObjectId>,
}

impl Requests {
    /// The requests up to `tip`; none: of a ledger that begins.
    pub fn before(tip: Option<ObjectId>) -> Self {
        Self {
            seen: HashMap::new(),
            read: 0,
            older: tip,
        }
    }

    /// Whether the request of this message was carried out before, then notes it.
    ///
    /// # Errors
    /// Of git.
    pub fn repeats(&mut self, repo: &Repo, text: &str, at: i64) -> Result<bool, GitError> {
        let since = at.saturating_sub(APART);
        while let Some(id) = self.older {
            let commit = repo.commit(id)?;
            if commit.committer.seconds < since && self.read >= MOST {
                break;
            }
            self.read += 1;
            if let Some(key) = key(&commit.message) {
                self.seen.insert(key, commit.committer.seconds);
            }
            self.older = commit.parents.first().copied();
        }
        let Some(key) = key(text) else {
            return Ok(false);
        };
        let before = self.seen.insert(key, at);
        Ok(before.is_some_and(|before| before >= since))
    }
}

/// Steps of one verb may carry one id.
fn key(text: &str) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    message::trailer(text, "Laneway-Id")?.hash(&mut hasher);
    message::trailer(text, "Laneway-Op")?.hash(&mut hasher);
    Some(hasher.finish())
}
