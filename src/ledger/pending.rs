//! The pending chain: commits that processes of this machine have built on the published tip and
//! not yet published (DESIGN §4), and what became of the last one that could not be.
//!
//! It is a file, not a ref, overwritten as a whole under the build lock. It may vanish at any time:
//! then those who wait for it decide afresh. It is written in place, since renaming over a file
//! costs a flush; a digest tells half a write from a whole one.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::id::ObjectId;
use crate::env::{Env, Processes};
use crate::git::Denial;
use crate::process::{own_file, read_own};

/// Largest file of a chain, in bytes: some ten thousand waiting commits.
const MAX: usize = 16 << 20;

/// Commits on top of a published tip, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pending {
    /// The published tip that the chain extends.
    pub base: Option<ObjectId>,
    /// The commits.
    pub links: Vec<Link>,
    /// Whether a push of these commits was begun: it may still arrive.
    pub sent: bool,
    /// How often in a row this machine has lost the race for the ledger.
    pub losses: u32,
    /// Why the last chain that was given up was, for those who waited for it.
    pub verdict: Option<Verdict>,
}

/// What the authority said to a chain that was given up: all who waited for it are told the same,
/// so that they need not ask one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The commits it is about.
    pub commits: Vec<ObjectId>,
    /// What it is.
    pub fate: Fate,
}

/// How a publication ended that was neither won nor lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// The lock of a ref is held on the remote, or was left there.
    Locked {
        /// The ref.
        name: String,
        /// The lock's path on the remote, where it says one.
        lock: Option<String>,
    },
    /// A rule of the remote says no.
    Refused {
        /// What kind of no it is.
        denial: Denial,
        /// The ref.
        name: String,
        /// The reason it gave.
        reason: String,
        /// What it printed.
        stderr: String,
    },
    /// The remote was not reached; nothing was changed.
    Unreachable {
        /// What git said.
        why: String,
    },
    /// Nobody knows whether the remote has it.
    Unconfirmed,
}

/// One pending commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The commit.
    pub commit: ObjectId,
    /// The process that waits for it.
    pub waiter: u32,
    /// When that process started, in ticks after the boot: its id alone comes again. 0 where the
    /// system does not tell.
    pub started: u64,
    /// The objects it brings; they are made durable before the ref moves.
    pub objects: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    base: Option<String>,
    links: Vec<(String, u32, u64, Vec<String>)>,
    losses: u32,
    sent: bool,
    verdict: Option<(Vec<String>, Fate)>,
}

impl Link {
    /// A commit that this process waits for.
    #[must_use]
    pub fn of(env: &Env, commit: ObjectId, objects: Vec<ObjectId>) -> Self {
        Self {
            commit,
            waiter: env.pid,
            started: env.processes.start_of(env.pid).unwrap_or(0),
            objects,
        }
    }

    /// Whether the process that waits for it lives.
    #[must_use]
    pub fn is_waited_for(&self, processes: &dyn Processes) -> bool {
        let same = || {
            let start = processes.start_of(self.waiter);
            self.started == 0 || start.is_none_or(|start| start == self.started)
        };
        processes.exists(self.waiter) && same()
    }
}

impl Pending {
    /// An empty chain on a published tip.
    #[must_use]
    pub fn on(base: Option<ObjectId>) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    /// The last commit of the chain, or the published tip it extends.
    #[must_use]
    pub fn tip(&self) -> Option<ObjectId> {
        self.links.last().map(|link| link.commit).or(self.base)
    }

    /// Whether the chain holds `commit`.
    #[must_use]
    pub fn contains(&self, commit: ObjectId) -> bool {
        self.links.iter().any(|link| link.commit == commit)
    }

    /// What is left of the chain once `published` is the published tip; empty where the chain
    /// does not go on from there.
    #[must_use]
    pub fn after(&self, published: Option<ObjectId>) -> Self {
        if self.base == published {
            return self.clone();
        }
        let at = self
            .links
            .iter()
            .position(|link| Some(link.commit) == published);
        let links = at
            .map(|at| self.links[at + 1..].to_vec())
            .unwrap_or_default();
        Self {
            base: published,
            sent: self.sent && !links.is_empty() && self.base == published,
            links,
            losses: self.losses,
            verdict: self.verdict.clone(),
        }
    }

    /// What was said to a chain with `commit`, if that was the last one given up.
    #[must_use]
    pub fn fate_of(&self, commit: ObjectId) -> Option<&Fate> {
        let verdict = self.verdict.as_ref();
        let about = verdict.filter(|verdict| verdict.commits.contains(&commit));
        about.map(|verdict| &verdict.fate)
    }
}

/// Where the pending chain of one ledger stands.
#[derive(Debug, Clone)]
pub struct PendingFile {
    path: PathBuf,
}

impl PendingFile {
    /// The file `pending` of this directory.
    #[must_use]
    pub fn below(dir: &Path) -> Self {
        Self {
            path: dir.join("pending"),
        }
    }

    /// Reads the chain. A missing or unreadable file is an empty chain: nothing but throughput
    /// hangs on it.
    #[must_use]
    pub fn read(&self) -> Pending {
        // A writer may be amid: what it writes takes microseconds.
        for _ in 0..TRIES {
            match self.read_once() {
                Ok(Some(pending)) => return pending,
                Ok(None) => std::thread::yield_now(),
                Err(_) => break,
            }
        }
        Pending::default()
    }

    fn read_once(&self) -> io::Result<Option<Pending>> {
        let bytes = read_own(&self.path, MAX)?;
        let Some((header, body)) = bytes.split_at_checked(HEADER) else {
            return Ok(None);
        };
        let header = String::from_utf8_lossy(header);
        let length = header.split(' ').next().and_then(|text| text.parse().ok());
        let body = length.and_then(|length: usize| body.get(..length));
        let whole = body.filter(|body| head(body) == header);
        Ok(whole.and_then(decode))
    }

    /// Replaces the chain. One writer at a time: the build lock is held.
    ///
    /// # Errors
    /// Of the file system.
    pub fn replace(&self, pending: &Pending) -> io::Result<()> {
        let file = own_file(&self.path)?;
        let body = encode(pending);
        let mut bytes = head(&body).into_bytes();
        bytes.extend_from_slice(&body);
        file.write_all_at(&bytes, 0)
    }
}

/// How often a chain that does not read is read again.
const TRIES: u32 = 20;

/// Length of the line before the chain: its length in bytes, and the start of its digest.
const HEADER: usize = 10 + 1 + 16 + 1;

fn head(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let mut start = [0; 8];
    start.copy_from_slice(&digest[..8]);
    format!("{:010} {:016x}\n", body.len(), u64::from_be_bytes(start))
}

fn encode(pending: &Pending) -> Vec<u8> {
    let link = |link: &Link| {
        let objects = link.objects.iter().map(ObjectId::to_string).collect();
        (link.commit.to_string(), link.waiter, link.started, objects)
    };
    let wire = Wire {
        base: pending.base.map(|base| base.to_string()),
        links: pending.links.iter().map(link).collect(),
        losses: pending.losses,
        sent: pending.sent,
        verdict: pending.verdict.as_ref().map(|verdict| {
            let commits = verdict.commits.iter().map(ObjectId::to_string).collect();
            (commits, verdict.fate.clone())
        }),
    };
    serde_json::to_vec(&wire).unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Option<Pending> {
    let wire: Wire = serde_json::from_slice(bytes).ok()?;
    let base = match wire.base {
        None => None,
        Some(base) => Some(base.parse().ok()?),
    };
    let links = wire
        .links
        .into_iter()
        .map(|(commit, waiter, started, objects)| {
            let objects: Result<Vec<ObjectId>, _> = objects.iter().map(|id| id.parse()).collect();
            Some(Link {
                commit: commit.parse().ok()?,
                waiter,
                started,
                objects: objects.ok()?,
            })
        });
    let verdict = wire.verdict.and_then(|(commits, fate)| {
        let commits: Result<_, _> = commits.iter().map(|id| id.parse()).collect();
        Some(Verdict {
            commits: commits.ok()?,
            fate,
        })
    });
    Some(Pending {
        base,
        links: links.collect::<Option<_>>()?,
        losses: wire.losses,
        sent: wire.sent,
        verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;

    fn id(n: u8) -> ObjectId {
        ObjectId::from_bytes(&[n; 20]).unwrap()
    }

    fn link(n: u8) -> Link {
        Link {
            commit: id(n),
            waiter: 7,
            started: 70,
            objects: vec![id(n), id(n + 100)],
        }
    }

    #[test]
    fn a_chain_round_trips_and_rubbish_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let file = PendingFile::below(&dir.path().join("new"));
        assert_eq!(file.read(), Pending::default());
        let verdict = Verdict {
            commits: vec![id(4)],
            fate: Fate::Unreachable {
                why: "gone".to_owned(),
            },
        };
        let long = Pending {
            base: Some(id(1)),
            links: vec![link(2), link(3)],
            losses: 3,
            sent: true,
            verdict: Some(verdict),
        };
        for chain in [&long, &Pending::on(Some(id(1))), &long] {
            file.replace(chain).unwrap();
            assert_eq!(file.read(), *chain);
        }
        let broken = OpenOptions::new().write(true).open(&file.path).unwrap();
        broken.write_all_at(b"X", 40).unwrap();
        assert_eq!(file.read(), Pending::default());
        broken.set_len(3).unwrap();
        assert_eq!(file.read(), Pending::default());
    }

    #[test]
    fn a_chain_goes_on_from_what_was_published() {
        let chain = Pending {
            base: Some(id(1)),
            links: vec![link(2), link(3)],
            losses: 0,
            sent: true,
            verdict: None,
        };
        assert_eq!(chain.after(Some(id(1))), chain);
        assert_eq!(chain.after(Some(id(2))).links, vec![link(3)]);
        assert!(
            !chain.after(Some(id(2))).sent,
            "what was pushed has arrived"
        );
        assert_eq!(chain.after(Some(id(9))), Pending::on(Some(id(9))));
        assert_eq!(chain.tip(), Some(id(3)));
    }

    #[test]
    fn a_verdict_is_told_to_those_it_is_about() {
        let mut chain = Pending::on(Some(id(1)));
        chain.verdict = Some(Verdict {
            commits: vec![id(2), id(3)],
            fate: Fate::Unconfirmed,
        });
        let later = chain.after(Some(id(9)));
        assert_eq!(later.fate_of(id(3)), Some(&Fate::Unconfirmed));
        assert_eq!(later.fate_of(id(4)), None);
    }
}
