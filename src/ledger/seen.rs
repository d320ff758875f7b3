//! The last tip of a ledger that this repository has seen settled (PROMISES P16, P25).
//!
//! Invariants:
//! - What stands here was published, and under `durability: full` flushed, before it was written:
//!   a request is acknowledged once its commit is behind it.
//! - It moves forward only; a person alone moves it elsewhere (`doctor --accept-ledger`).
//! - With it stands who decided then: a marker that names another is not followed (`discover`).
//!
//! The file is overwritten in place: renaming over an existing file costs a flush, and nothing but
//! this memory is lost with it. One that does not read is no memory.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::domain::id::{ObjectId, RemoteName};
use crate::domain::policy::Authority;
use crate::env::Env;
use crate::process::{lock_within, own_file, read_own};

/// Where the last settled tip of one ledger is remembered, and who decided it.
#[derive(Debug, Clone)]
pub struct Seen {
    path: PathBuf,
}

/// How long another process may hold the memory.
const LIMIT: Duration = Duration::from_secs(10);

/// Longest content: twice an id of SHA-256, twice the name of a remote, with room to spare.
const MAX: usize = 1024;

/// Who decides in one word, as in git's configuration: a remote, or `.` for the repository itself.
#[must_use]
pub fn word(authority: &Authority) -> &str {
    match authority {
        Authority::Local => ".",
        Authority::Remote(remote) => remote.as_str(),
    }
}

impl Seen {
    /// The file `seen` of a ledger's directory.
    #[must_use]
    pub fn below(dir: &Path) -> Self {
        Self {
            path: dir.join("seen"),
        }
    }

    /// The tip that was seen last, if one was.
    #[must_use]
    pub fn tip(&self) -> Option<ObjectId> {
        self.line(0)?.parse().ok()
    }

    /// Who decided the tip that was seen last, if that is remembered.
    #[must_use]
    pub fn authority(&self) -> Option<Authority> {
        match self.line(1)?.as_str() {
            "." => Some(Authority::Local),
            name => RemoteName::new(name).ok().map(Authority::Remote),
        }
    }

    /// The word of a line. It stands there twice: half a write is told from a whole one.
    fn line(&self, n: usize) -> Option<String> {
        let text = String::from_utf8(read_own(&self.path, MAX).ok()?).ok()?;
        let (lines, _) = text.rsplit_once('\n')?;
        let (one, two) = lines.split('\n').nth(n)?.split_once(' ')?;
        (one == two).then(|| one.to_owned())
    }

    /// Remembers `tip`, decided by `by`, whatever was remembered before.
    ///
    /// # Errors
    /// Of the file system.
    pub fn remember(&self, env: &Env, tip: ObjectId, by: &Authority) -> io::Result<()> {
        self.update(env, |_| true, tip, by)
    }

    /// Remembers `tip`, decided by `by`, if `forward` says so of what is remembered now. One process at a time, so
    /// that of two that look and write the later tip stays.
    ///
    /// # Errors
    /// Of the file system.
    pub fn update(
        &self,
        env: &Env,
        forward: impl FnOnce(Option<ObjectId>) -> bool,
        tip: ObjectId,
        by: &Authority,
    ) -> io::Result<()> {
        let file = own_file(&self.path)?;
        // Held for a read and a write.
        if !lock_within(env, &file, LIMIT)? {
            let path = self.path.display();
            let why = format!("a process that holds the lock of {path} does not get on");
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        if !forward(self.tip()) {
            return Ok(());
        }
        let by = word(by);
        file.write_all_at(format!("{tip} {tip}\n{by} {by}\n").as_bytes(), 0)
    }

    /// Forgets: the ledger may be anything, or none.
    ///
    /// # Errors
    /// Of the file system.
    pub fn forget(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;

    #[test]
    fn a_tip_is_remembered_and_rubbish_is_not_one() {
        let dir = tempfile::tempdir().unwrap();
        let seen = Seen::below(&dir.path().join("new"));
        assert_eq!((seen.tip(), seen.authority()), (None, None));
        let remote = |name| Authority::Remote(RemoteName::new(name).unwrap());
        let (long, short) = ([7; 32], [8; 20]);
        for (bytes, by) in [
            (&long[..], remote("upstream")),
            (&short[..], remote("origin")),
            (&short[..], Authority::Local),
        ] {
            let tip = ObjectId::from_bytes(bytes).unwrap();
            let env = crate::process::testing::env();
            seen.remember(&env, tip, &by).unwrap();
            assert_eq!((seen.tip(), seen.authority()), (Some(tip), Some(by)));
        }
        let file = OpenOptions::new().write(true).open(seen.path()).unwrap();
        file.write_all_at(b"f", 0).unwrap();
        assert_eq!(seen.tip(), None, "half of a write");
        seen.forget().unwrap();
        seen.forget().unwrap();
        assert_eq!(seen.tip(), None);
    }
}
