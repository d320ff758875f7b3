use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::id::{AgentName, BadName, BranchName, LaneName, RequestId, TaskId};
use crate::domain::state::Epoch;
use crate::process::{own_dir, read_own};

/// Longest binding file that is read, in bytes.
const MAX: usize = 64 * 1024;

/// The version of the file that this build reads and writes.
const VERSION: u32 = 1;

/// Whose claim a worktree works for: what every later verb in it carries (DESIGN §4, fencing).
///
/// Stands at `<git-dir>/laneway/claim.json` of the lane's worktree, outside what git tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The task.
    pub task: TaskId,
    /// Who claimed it.
    pub agent: AgentName,
    /// The claim's epoch.
    pub epoch: Epoch,
    /// The lane.
    pub lane: LaneName,
    /// The lane's branch.
    pub branch: BranchName,
    /// The claim's id: shows that its bearer made it.
    pub claim: RequestId,
    /// The ledger's branch.
    pub ledger: BranchName,
}

/// Why a binding cannot be read or written. An absent one is no error.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// The file is there and says nothing that this build understands.
    #[error("{}: {why}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// The file's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    version: u32,
    task: String,
    agent: String,
    epoch: u32,
    lane: String,
    branch: String,
    claim: String,
    ledger: String,
}

impl Binding {
    /// The binding of the worktree with this git directory; `None` when it has none.
    ///
    /// # Errors
    /// [`BindingError::Unreadable`] for a file that is damaged or from a newer build.
    pub fn read(git_dir: &Path) -> Result<Option<Self>, BindingError> {
        let path = file(git_dir);
        let unreadable = |why: String| BindingError::Unreadable {
            path: path.clone(),
            why,
        };
        let io = |source| BindingError::Io {
            path: path.clone(),
            source,
        };
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io(error)),
            Ok(data) if !data.is_file() => return Err(unreadable("it is no file".to_owned())),
            Ok(data) if data.len() > MAX as u64 => {
                return Err(unreadable("it is too large".to_owned()));
            }
            Ok(_) => {}
        }
        let bytes = read_own(&path, MAX).map_err(io)?;
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let found = serde_json::from_slice::<Version>(&bytes);
        let found = found.map_err(|error| unreadable(error.to_string()))?;
        if found.version != VERSION {
            let why = format!(
                "it has version {} of the format; this laneway reads version {VERSION}",
                found.version
            );
            return Err(unreadable(why));
        }
        let wire = serde_json::from_slice(&bytes);
        let wire = wire.map_err(|error| unreadable(error.to_string()))?;
        let binding = Self::from_wire(wire);
        binding
            .map(Some)
            .map_err(|error| unreadable(error.to_string()))
    }

    /// Puts the binding into the worktree with this git directory, atomically and durably.
    ///
    /// # Errors
    /// [`BindingError::Io`].
    pub fn write(&self, git_dir: &Path) -> Result<(), BindingError> {
        let wire = Wire {
            version: VERSION,
            task: self.task.to_string(),
            agent: self.agent.to_string(),
            epoch: self.epoch.0,
            lane: self.lane.to_string(),
            branch: self.branch.to_string(),
            claim: self.claim.to_string(),
            ledger: self.ledger.to_string(),
        };
        let path = file(git_dir);
        let io = |source| BindingError::Io {
            path: path.clone(),
            source,
        };
        let mut bytes = serde_json::to_vec_pretty(&wire).map_err(|error| io(error.into()))?;
        bytes.push(b'\n');
        replace(&path, &bytes).map_err(io)
    }

    /// Takes the binding away, if there is one, readable or not.
    ///
    /// # Errors
    /// [`BindingError::Io`].
    pub fn remove(git_dir: &Path) -> Result<(), BindingError> {
        let path = file(git_dir);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(BindingError::Io { path, source })
            }
            _ => Ok(()),
        }
    }

    fn from_wire(wire: Wire) -> Result<Self, BadName> {
        Ok(Self {
            task: TaskId::new(wire.task)?,
            agent: AgentName::new(wire.agent)?,
            epoch: Epoch(wire.epoch),
            lane: wire.lane.parse()?,
            branch: BranchName::new(wire.branch)?,
            claim: RequestId::new(wire.claim)?,
            ledger: BranchName::new(wire.ledger)?,
        })
    }
}

fn file(git_dir: &Path) -> PathBuf {
    git_dir.join("laneway/claim.json")
}

/// Replaces a file whole and flushes it and its directory; makes the directory if need be.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    own_dir(dir)?;
    let mut beside = tempfile::NamedTempFile::new_in(dir)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::put;

    fn binding() -> Binding {
        Binding {
            task: TaskId::new("A-1").unwrap(),
            agent: AgentName::new("@a").unwrap(),
            epoch: Epoch(3),
            lane: "A-backend:2".parse().unwrap(),
            branch: BranchName::new("agent/A-backend-2").unwrap(),
            claim: RequestId::new("0198f0").unwrap(),
            ledger: BranchName::new("laneway").unwrap(),
        }
    }

    #[test]
    fn a_binding_is_read_as_written_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Binding::read(dir.path()).unwrap(), None);
        binding().write(dir.path()).unwrap();
        assert_eq!(Binding::read(dir.path()).unwrap(), Some(binding()));
        Binding::remove(dir.path()).unwrap();
        Binding::remove(dir.path()).unwrap();
        assert_eq!(Binding::read(dir.path()).unwrap(), None);
    }

    #[test]
    fn a_damaged_binding_is_not_an_absent_one() {
        let dir = tempfile::tempdir().unwrap();
        binding().write(dir.path()).unwrap();
        let good = fs::read_to_string(file(dir.path())).unwrap();
        for bad in [
            String::new(),
            "{".to_owned(),
            good.replace("\"A-1\"", "\"../x\""),
            good.replace("\"version\": 1", "\"version\": 2"),
            good.replace("\"epoch\": 3", "\"epoch\": -3"),
            good.replace("\"epoch\"", "\"other\""),
        ] {
            put(&file(dir.path()), &bad);
            let read = Binding::read(dir.path());
            assert!(
                matches!(read, Err(BindingError::Unreadable { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_linked_binding_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        binding().write(dir.path()).unwrap();
        let real = dir.path().join("elsewhere.json");
        fs::rename(file(dir.path()), &real).unwrap();
        std::os::unix::fs::symlink(&real, file(dir.path())).unwrap();
        let read = Binding::read(dir.path());
        assert!(matches!(read, Err(BindingError::Unreadable { .. })));
    }
}
