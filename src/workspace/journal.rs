//! The claim journal: which claims processes of this machine have begun and not settled into
//! (DESIGN §4, idempotence).
//!
//! It is written before the claim is built and removed once its lane is open and the caller was
//! told. What a dead process left is taken up by the next one that asks for the same as the same
//! agent: with the same request id, so that a claim that was published is answered again, and one
//! that was not is made.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, RequestId};
use crate::env::Env;
use crate::process::{Owner, lock_within};
use crate::process::{own_dir, own_file, read_own};

/// Largest note of a claim that was begun, in bytes.
const MAX: usize = 64 * 1024;

/// A claim that was begun.
#[derive(Debug)]
pub struct BegunClaim {
    /// The id of its request.
    pub id: RequestId,
    path: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Note {
    id: String,
    agent: String,
    /// What was asked for; another wish is another claim.
    wish: String,
    owner: Owner,
}

impl BegunClaim {
    /// Notes in `dir` that `agent` begins a claim of `wish`: under `id`, or under the id that a
    /// dead process left for the same.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn begin(
        dir: &Path,
        env: &Env,
        agent: &AgentName,
        wish: &str,
        id: RequestId,
    ) -> std::io::Result<Self> {
        own_dir(dir)?;
        // Of several that find the same note, one writes its name over the dead one's.
        let lock = own_file(&dir.join("lock"))?;
        // A process that was stopped here costs the take-over of an old note, not the claim.
        let alone = lock_within(env, &lock, Duration::from_secs(5))?;
        let left = alone
            .then(|| left_by_the_dead(dir, env, agent, wish))
            .flatten();
        let id = left.unwrap_or(id);
        let note = Note {
            id: id.to_string(),
            agent: agent.to_string(),
            wish: wish.to_owned(),
            owner: Owner::this(env),
        };
        let path = dir.join(format!("{id}.json"));
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&serde_json::to_vec(&note)?)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(Self { id, path })
    }

    /// The claim is settled, or was refused: there is nothing to take up.
    pub fn end(&self) {
        drop(fs::remove_file(&self.path));
    }
}

/// A claim that a dead process began and did not settle into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftClaim {
    /// The id of its request.
    pub id: RequestId,
    /// For whom.
    pub agent: String,
    /// The journal file.
    pub path: PathBuf,
    /// When it began.
    pub since: Option<SystemTime>,
}

/// The claims in `dir` that dead processes left.
#[must_use]
pub fn left_claims(dir: &Path, env: &Env) -> Vec<LeftClaim> {
    let mut left: Vec<LeftClaim> = journals(dir)
        .into_iter()
        .filter_map(|path| {
            let note: Note = serde_json::from_slice(&read_own(&path, MAX).ok()?).ok()?;
            let since = fs::metadata(&path).and_then(|data| data.modified()).ok();
            note.owner.is_gone(env).then_some(LeftClaim {
                id: RequestId::new(note.id).ok()?,
                agent: note.agent,
                path,
                since,
            })
        })
        .collect();
    left.sort_by(|one, other| one.path.cmp(&other.path));
    left
}

fn journals(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect()
}

/// The id of the oldest claim of the same that a dead process left. Its note stays until the new
/// one is written over it, so that no death in between loses the id.
fn left_by_the_dead(dir: &Path, env: &Env, agent: &AgentName, wish: &str) -> Option<RequestId> {
    let mut left = journals(dir);
    left.sort();
    left.into_iter().find_map(|path| {
        let note: Note = serde_json::from_slice(&read_own(&path, MAX).ok()?).ok()?;
        let same = note.agent == agent.as_str() && note.wish == wish;
        (same && note.owner.is_gone(env)).then(|| RequestId::new(note.id).ok())?
    })
}
