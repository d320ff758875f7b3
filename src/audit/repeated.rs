use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::domain::id::ObjectId;
use crate::git::{GitError, Repo};
use crate::ledger::{REMEMBERED, message};

/// How far the clocks of a fleet may be apart, in seconds: so much before its own moment a request
/// is looked for.
const APART: i64 = 3600;

/// So many commits before those that are decided are read whatever their dates. A server's hook pays
/// for them with each push, so there is an end.
const MOST: usize = 20_000;

/// The requests of a ledger's line, to find one that is carried out twice.
///
/// A request is repeated when its id and verb stand
/// - in one of the [`REMEMBERED`] commits before it, whatever its moment: whoever publishes looks
///   that far, so no honest ledger has such; or
/// - anywhere before it with a moment that is not older than its own, give or take the clocks: a
///   request that is replayed keeps its moment, while an id that a person chooses again after
///   thousands of commits has a later one.
///
/// Of a line that is judged from its first commit on (`audit verify --all`) every request is known,
/// so both hold without a limit. What comes before a range (`--from`, what is remembered, a push
/// that a server's hook judges) is read as far as it is needed: [`MOST`] commits whatever their
/// dates, since one commit with an old date says nothing of those before it, and beyond them until a
/// commit is older than the request. So a range does not see a replay of what lies behind more than
/// [`MOST`] commits that all were given an old date; who doubts the line lets `--all` judge it.
#[derive(Debug)]
pub(super) struct Requests {
    /// Where each request was carried out last, by the hash of its id and verb.
    seen: HashMap<u64, Place>,
    /// How many commits were judged.
    judged: usize,
    /// How many commits before those that are decided were read.
    read: usize,
    /// So many of them are read whatever their dates.
    most: usize,
    /// The next older commit that is not among them.
    older: Option<ObjectId>,
}

/// Where a request was carried out.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Commits of the line after the first that was judged; those before it count below 0.
    nth: isize,
    /// The latest moment of this request so far, in seconds.
    at: i64,
}

impl Requests {
    /// The requests up to `tip`; none: of a ledger that begins.
    pub fn before(tip: Option<ObjectId>) -> Self {
        Self::reading(tip, MOST)
    }

    fn reading(tip: Option<ObjectId>, most: usize) -> Self {
        Self {
            seen: HashMap::new(),
            judged: 0,
            read: 0,
            most,
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
            if commit.committer.seconds < since && self.read >= self.most {
                break;
            }
            self.read += 1;
            if let Some(key) = key(&commit.message) {
                let (nth, at) = (-self.read.cast_signed(), commit.committer.seconds);
                self.note(key, Place { nth, at });
            }
            self.older = commit.parents.first().copied();
        }
        let nth = self.judged.cast_signed();
        self.judged += 1;
        let Some(key) = key(text) else {
            return Ok(false);
        };
        let before = self.seen.get(&key).copied();
        self.note(key, Place { nth, at });
        Ok(before.is_some_and(|before| {
            before.at >= since || nth - before.nth <= REMEMBERED.cast_signed()
        }))
    }

    /// Keeps the newest place and the latest moment: they need not be of one commit.
    fn note(&mut self, key: u64, place: Place) {
        let seen = self.seen.entry(key).or_insert(place);
        seen.nth = seen.nth.max(place.nth);
        seen.at = seen.at.max(place.at);
    }
}

/// Steps of one verb may carry one id.
fn key(text: &str) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    message::trailer(text, "Laneway-Id")?.hash(&mut hasher);
    message::trailer(text, "Laneway-Op")?.hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::NewCommit;
    use crate::git::testing::{Lab, signature};

    /// A message as ledger commits have it.
    fn message(id: &str) -> String {
        format!("note\n\nLaneway-Op: note\nLaneway-Id: {id}\n")
    }

    /// A line of ledger commits, each with its message and moment; its tip.
    fn line(repo: &Repo, commits: impl IntoIterator<Item = (String, i64)>) -> ObjectId {
        let mut writer = repo.writer();
        let tree = writer.tree::<&str>(None, &[]).unwrap();
        let mut tip = None;
        for (message, seconds) in commits {
            let signature = crate::git::Signature {
                seconds,
                ..signature()
            };
            let commit = NewCommit {
                tree,
                parents: tip.into_iter().collect(),
                author: signature.clone(),
                committer: signature,
                message,
            };
            tip = Some(writer.commit(&commit).unwrap());
        }
        writer.sync().unwrap();
        tip.unwrap()
    }

    #[test]
    fn p20_of_a_whole_line_every_replay_is_seen() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let mut all = Requests::before(None);
        assert!(!all.repeats(&repo, &message("one"), 100_000).unwrap());
        // More than a range reads, all dated back.
        for n in 0..MOST + 5 {
            let other = message(&format!("other-{n}"));
            assert!(!all.repeats(&repo, &other, 10).unwrap());
        }
        assert!(all.repeats(&repo, &message("one"), 100_000).unwrap());
    }

    #[test]
    fn p20_an_id_stands_once_among_the_commits_that_publishers_look_at() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let mut all = Requests::before(None);
        assert!(!all.repeats(&repo, &message("one"), 100_000).unwrap());
        // Long after, and still near.
        assert!(all.repeats(&repo, &message("one"), 900_000).unwrap());
        // What was chosen again is no cover for what is replayed.
        assert!(all.repeats(&repo, &message("one"), 100_000).unwrap());
        for n in 0..REMEMBERED {
            let other = message(&format!("other-{n}"));
            assert!(!all.repeats(&repo, &other, 900_000).unwrap());
        }
        // A person's own id, chosen again where no publisher remembers it.
        let later = 900_000 + 2 * APART;
        assert!(!all.repeats(&repo, &message("one"), later).unwrap());
    }

    #[test]
    fn p20_a_range_reads_so_many_commits_whatever_their_dates() {
        let (_lab, repo) = Lab::with_repo(&[]);
        let old = (0..3).map(|n| (message(&format!("old-{n}")), 10));
        let tip = line(&repo, [(message("one"), 100_000)].into_iter().chain(old));
        let replayed = |most| {
            let mut range = Requests::reading(Some(tip), most);
            range.repeats(&repo, &message("one"), 100_000).unwrap()
        };
        assert!(replayed(3));
        // What the limit costs, and only `--all` sees.
        assert!(!replayed(2));
    }
}
