use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::run::hex;

/// Largest file that is read, in bytes.
const MAX: u64 = 4 << 20;

/// The version of the file that this build reads and writes.
const VERSION: u32 = 1;

/// Which commands of a repository its user has trusted, kept outside the repository.
///
/// Trust is bound to the exact text of a command: one changed letter asks again. All worktrees of a
/// repository share it. A file that is damaged, or that others could have written, trusts nothing.
#[derive(Debug)]
pub struct TrustStore {
    path: PathBuf,
    /// Commands by digest.
    trusted: BTreeMap<String, String>,
}

/// Why trust could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .path.display())]
pub struct TrustError {
    /// The file or directory.
    pub path: PathBuf,
    /// The system's reason.
    pub source: io::Error,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: u32,
    commands: Vec<WireCommand>,
}

#[derive(Serialize, Deserialize)]
struct WireCommand {
    sha256: String,
    command: String,
}

impl TrustStore {
    /// What is trusted in the repository with this common git directory. `state_dir` is the user's
    /// own (see [`Env::state_dir`](crate::env::Env::state_dir)).
    #[must_use]
    pub fn open(state_dir: &Path, common_dir: &Path) -> Self {
        let real = common_dir.canonicalize();
        let real = real.unwrap_or_else(|_| common_dir.to_owned());
        let key = hex(&Sha256::digest(real.as_os_str().as_bytes()));
        let path = state_dir.join("trust").join(format!("{key}.json"));
        let trusted = load(&path);
        Self { path, trusted }
    }

    /// Whether this very command is trusted.
    #[must_use]
    pub fn is_trusted(&self, command: &str) -> bool {
        self.trusted.get(&key(command)).map(String::as_str) == Some(command)
    }

    /// Every trusted command, in no order.
    pub fn commands(&self) -> impl Iterator<Item = &str> {
        self.trusted.values().map(String::as_str)
    }

    /// The commands that are not trusted, in order, each once.
    #[must_use]
    pub fn untrusted<'c>(&self, commands: &'c [String]) -> Vec<&'c str> {
        let mut found: Vec<&str> = Vec::new();
        for command in commands {
            if !self.is_trusted(command) && !found.contains(&command.as_str()) {
                found.push(command);
            }
        }
        found
    }

    /// Trusts these commands from now on.
    ///
    /// # Errors
    /// [`TrustError`] when the file cannot be replaced; the old one is intact then.
    pub fn trust(&mut self, commands: &[String]) -> Result<(), TrustError> {
        let path = self.path.clone();
        let at = |source| TrustError {
            path: path.clone(),
            source,
        };
        let dir = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(at)?;
        fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(at)?;
        // What another process trusted meanwhile is kept.
        let mut options = File::options();
        let lock = dir.join("lock");
        let guard = options.create(true).truncate(false).write(true).open(lock);
        let guard = guard.map_err(at)?;
        guard.lock().map_err(at)?;
        if let Some(version) = newer(&self.path) {
            let why = format!(
                "it has version {version} of the format; this laneway reads version {VERSION} and \
                 leaves it as it is"
            );
            return Err(at(io::Error::new(io::ErrorKind::Unsupported, why)));
        }
        let mut all = load(&self.path);
        all.extend(commands.iter().map(|text| (key(text), text.clone())));
        store(dir, &self.path, &all).map_err(at)?;
        self.trusted = all;
        Ok(())
    }
}

fn key(command: &str) -> String {
    hex(&Sha256::digest(command))
}

fn load(path: &Path) -> BTreeMap<String, String> {
    read(path)
        .map(|wire| wire.commands)
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| key(&entry.command) == entry.sha256)
        .map(|entry| (entry.sha256, entry.command))
        .collect()
}

fn read(path: &Path) -> Option<Wire> {
    let data = fs::symlink_metadata(path).ok()?;
    if !data.is_file() || data.permissions().mode() & 0o022 != 0 {
        return None;
    }
    let wire: Wire = serde_json::from_slice(&bytes(path)?).ok()?;
    (wire.version == VERSION).then_some(wire)
}

/// The content, unless it is larger than any list of trusted commands.
fn bytes(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= MAX).then_some(bytes)
}

/// The version of a file that a newer build wrote (PROMISES P31).
fn newer(path: &Path) -> Option<u32> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let found: Version = serde_json::from_slice(&bytes(path)?).ok()?;
    (found.version > VERSION).then_some(found.version)
}

fn store(dir: &Path, path: &Path, trusted: &BTreeMap<String, String>) -> io::Result<()> {
    let commands = trusted.iter().map(|(sha256, command)| WireCommand {
        sha256: sha256.clone(),
        command: command.clone(),
    });
    let wire = Wire {
        version: VERSION,
        commands: commands.collect(),
    };
    let mut beside = tempfile::NamedTempFile::new_in(dir)?;
    beside.write_all(&serde_json::to_vec_pretty(&wire)?)?;
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &[&str]) -> Vec<String> {
        text.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn trust_is_for_the_very_command_and_the_very_repository() {
        let dir = tempfile::tempdir().unwrap();
        let (state, repo) = (dir.path().join("state"), dir.path().join("repo"));
        let mut store = TrustStore::open(&state, &repo);
        let all = commands(&["make test", "make lint", "make test"]);
        assert_eq!(store.untrusted(&all), ["make test", "make lint"]);
        store.trust(&commands(&["make test"])).unwrap();
        assert_eq!(store.untrusted(&all), ["make lint"]);
        let again = TrustStore::open(&state, &repo);
        assert!(again.is_trusted("make test"));
        assert!(!again.is_trusted("make test "));
        let other = TrustStore::open(&state, &dir.path().join("other"));
        assert!(!other.is_trusted("make test"));
    }

    #[test]
    fn two_stores_do_not_lose_each_others_trust() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = TrustStore::open(dir.path(), dir.path());
        let mut two = TrustStore::open(dir.path(), dir.path());
        one.trust(&commands(&["one"])).unwrap();
        two.trust(&commands(&["two"])).unwrap();
        let both = TrustStore::open(dir.path(), dir.path());
        assert!(both.is_trusted("one") && both.is_trusted("two"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a damaged file")]
    fn a_damaged_or_shared_file_trusts_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = TrustStore::open(dir.path(), dir.path());
        store.trust(&commands(&["good"])).unwrap();
        let good = fs::read_to_string(&store.path).unwrap();
        let trusts = |text: &str, command: &str| {
            fs::write(&store.path, text).unwrap();
            TrustStore::open(dir.path(), dir.path()).is_trusted(command)
        };
        assert!(trusts(&good, "good"));
        assert!(!trusts(&good[..good.len() - 5], "good"));
        assert!(!trusts("", "good"));
        assert!(!trusts(&good.replace("good", "evil"), "evil"));
        assert!(!trusts(&good.replace(": 1", ": 2"), "good"));
        fs::write(&store.path, good).unwrap();
        fs::set_permissions(&store.path, Permissions::from_mode(0o666)).unwrap();
        assert!(!TrustStore::open(dir.path(), dir.path()).is_trusted("good"));
    }
}
