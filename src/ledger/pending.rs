//! The pending chain: commits that processes of this machine have built on the published tip and
//! not yet published (DESIGN §4).
//!
//! It is a file, not a ref, replaced as a whole under the build lock. It may vanish at any time:
//! then those who wait for it decide afresh.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::ObjectId;

/// Commits on top of a published tip, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pending {
    /// The published tip that the chain extends.
    pub base: Option<ObjectId>,
    /// The commits.
    pub links: Vec<Link>,
}

/// One pending commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The commit.
    pub commit: ObjectId,
    /// The process that waits for it.
    pub waiter: u32,
    /// The objects it brings; they are made durable before the ref moves.
    pub objects: Vec<ObjectId>,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    base: Option<String>,
    links: Vec<(String, u32, Vec<String>)>,
}

impl Pending {
    /// An empty chain on a published tip.
    #[must_use]
    pub fn on(base: Option<ObjectId>) -> Self {
        Self {
            base,
            links: Vec::new(),
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
            links,
        }
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
        std::fs::read(&self.path)
            .ok()
            .and_then(|bytes| decode(&bytes))
            .unwrap_or_default()
    }

    /// Replaces the chain, atomically.
    ///
    /// # Errors
    /// Of the file system.
    pub fn replace(&self, pending: &Pending) -> std::io::Result<()> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let mut file = match tempfile::NamedTempFile::new_in(dir) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::create_dir_all(dir)?;
                tempfile::NamedTempFile::new_in(dir)?
            }
            Err(error) => return Err(error),
        };
        file.write_all(&encode(pending))?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn encode(pending: &Pending) -> Vec<u8> {
    let link = |link: &Link| {
        let objects = link.objects.iter().map(ObjectId::to_string).collect();
        (link.commit.to_string(), link.waiter, objects)
    };
    let wire = Wire {
        base: pending.base.map(|base| base.to_string()),
        links: pending.links.iter().map(link).collect(),
    };
    serde_json::to_vec(&wire).unwrap_or_default()
}

fn decode(bytes: &[u8]) -> Option<Pending> {
    let wire: Wire = serde_json::from_slice(bytes).ok()?;
    let base = match wire.base {
        None => None,
        Some(base) => Some(base.parse().ok()?),
    };
    let links = wire.links.into_iter().map(|(commit, waiter, objects)| {
        let objects: Result<Vec<ObjectId>, _> = objects.iter().map(|id| id.parse()).collect();
        Some(Link {
            commit: commit.parse().ok()?,
            waiter,
            objects: objects.ok()?,
        })
    });
    Some(Pending {
        base,
        links: links.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> ObjectId {
        ObjectId::from_bytes(&[n; 20]).unwrap()
    }

    fn link(n: u8) -> Link {
        Link {
            commit: id(n),
            waiter: 7,
            objects: vec![id(n), id(n + 100)],
        }
    }

    #[test]
    fn a_chain_round_trips_and_rubbish_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        let file = PendingFile::below(&dir.path().join("new"));
        assert_eq!(file.read(), Pending::default());
        let chain = Pending {
            base: Some(id(1)),
            links: vec![link(2), link(3)],
        };
        file.replace(&chain).unwrap();
        assert_eq!(file.read(), chain);
        std::io::Write::write_all(&mut std::fs::File::create(&file.path).unwrap(), b"{").unwrap();
        assert_eq!(file.read(), Pending::default());
    }

    #[test]
    fn a_chain_goes_on_from_what_was_published() {
        let chain = Pending {
            base: Some(id(1)),
            links: vec![link(2), link(3)],
        };
        assert_eq!(chain.after(Some(id(1))), chain);
        assert_eq!(chain.after(Some(id(2))).links, vec![link(3)]);
        assert_eq!(
            chain.after(Some(id(9))),
            Pending {
                base: Some(id(9)),
                links: vec![]
            }
        );
        assert_eq!(chain.tip(), Some(id(3)));
    }
}
