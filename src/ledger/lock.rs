//! Advisory locks on files of the common git directory.
//!
//! They give throughput, never correctness: that rests on the compare-and-swap of the ledger ref
//! alone, and everything stays right if a lock is ignored. A lock file is never deleted, because
//! deleting one lets two processes hold "it"; the kernel releases the lock of a dead process.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::line::{self, Place};
use crate::env::Env;
use crate::process::own_file;

/// Most bytes shown of what a holder wrote about itself.
const MAX: u64 = 4096;

/// A lock that could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody held it all the time.
    #[error("{} is held for longer than {} s by {holder}", .path.display(), .waited.as_secs())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
        /// What the holder wrote about itself.
        holder: String,
    },
    /// The lock file cannot be opened.
    #[error("cannot lock {}: {source}", .path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// A held lock; dropping it releases it.
#[must_use = "a lock is released when it is dropped"]
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// Pause between two tries of the first in line: it is short, since nobody else is to be served.
const FIRST_PAUSE: Duration = Duration::from_micros(100);
/// Pause of the others, who only watch whether they have become the first.
const PAUSE: Duration = Duration::from_millis(1);

/// Takes the lock at `path` within `limit`, in the order of arrival, and writes into it who holds
/// it and what for.
///
/// # Errors
/// [`LockError`].
pub fn take(env: &Env, path: &Path, purpose: &str, limit: Duration) -> Result<Held, LockError> {
    let mut file = open(path)?;
    let waiting = path.with_extension("line");
    if line::is_empty(&waiting) && try_lock(&file, path)? {
        sign(env, &mut file, purpose);
        env.fail_point("locked");
        return Ok(Held { _file: file });
    }
    let start = env.clock.instant();
    let mut place = Place::join(env, &waiting);
    loop {
        let first = place.as_mut().is_none_or(Place::is_first);
        if first && try_lock(&file, path)? {
            sign(env, &mut file, purpose);
            env.fail_point("locked");
            return Ok(Held { _file: file });
        }
        let waited = env.clock.instant() - start;
        if waited >= limit {
            let path = path.to_owned();
            return Err(LockError::Busy {
                path,
                waited,
                holder: holder(&mut file),
            });
        }
        env.clock.sleep(if first { FIRST_PAUSE } else { PAUSE });
    }
}

/// Takes the lock at `path` if it is free.
///
/// # Errors
/// [`LockError::Io`].
pub fn take_if_free(env: &Env, path: &Path, purpose: &str) -> Result<Option<Held>, LockError> {
    let mut file = open(path)?;
    if !try_lock(&file, path)? {
        return Ok(None);
    }
    sign(env, &mut file, purpose);
    env.fail_point("locked");
    Ok(Some(Held { _file: file }))
}

fn open(path: &Path) -> Result<File, LockError> {
    own_file(path).map_err(|source| LockError::Io {
        path: path.to_owned(),
        source,
    })
}

fn try_lock(file: &File, path: &Path) -> Result<bool, LockError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(LockError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes who holds the lock: for the person who wonders, so failure does not matter.
fn sign(env: &Env, file: &mut File, purpose: &str) {
    let line = format!(
        "pid {} on {} since {} for {purpose}\n",
        env.pid,
        env.host,
        env.now()
    );
    let written = file.rewind().and_then(|()| file.write_all(line.as_bytes()));
    if written.is_ok() {
        drop(file.set_len(line.len() as u64));
    }
}

/// What the holder of the lock at `path` wrote about itself.
#[must_use]
pub fn holder_of(path: &Path) -> String {
    open(path).map_or_else(
        |_| "an unknown process".to_owned(),
        |mut file| holder(&mut file),
    )
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = file.rewind();
    match read.and_then(|()| file.take(MAX).read_to_string(&mut text)) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "an unknown process".to_owned(),
    }
}
