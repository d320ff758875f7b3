//! A fair line before a lock: who came first is served first.
//!
//! A waiter holds a lock on a ticket of its own and watches the ticket before it; the kernel
//! releases the ticket of a process that dies, so nobody waits for the dead. The line gives order
//! and nothing else: exclusion is the lock's, and who cannot stand in line competes without it.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env::Env;
use crate::process::{lock_within, own_file, read_own};

/// Most bytes of the file that holds the last number.
const DIGITS: usize = 32;

/// How long the end of the line is waited for. A process that was stopped there costs the order,
/// not the work.
const TAIL_LIMIT: Duration = Duration::from_secs(1);

/// A place in the line; dropping it leaves.
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    _mine: File,
    ahead: Option<(PathBuf, File)>,
}

impl Place {
    /// Joins the line in `dir` at its end; `None` where the file system does not let us.
    #[must_use]
    pub fn join(env: &Env, dir: &Path) -> Option<Self> {
        let mut tail = own_file(&dir.join("tail")).ok()?;
        // Held for a few system calls: reading the last number and taking the next.
        if !lock_within(env, &tail, TAIL_LIMIT).ok()? {
            return None;
        }
        let mut text = String::new();
        (&tail).take(DIGITS as u64).read_to_string(&mut text).ok()?;
        let last: u64 = text.trim().parse().unwrap_or(0);
        let number = last.wrapping_add(1);
        let path = dir.join(number.to_string());
        let mine = own_file(&path).ok()?;
        mine.try_lock().ok()?;
        tail.rewind().ok()?;
        tail.set_len(0).ok()?;
        tail.write_all(number.to_string().as_bytes()).ok()?;
        let before = dir.join(last.to_string());
        let ahead = File::open(&before).ok().map(|file| (before, file));
        Some(Self {
            path,
            _mine: mine,
            ahead,
        })
    }

    /// Whether nobody is ahead any more.
    pub fn is_first(&mut self) -> bool {
        let Some((path, file)) = &self.ahead else {
            return true;
        };
        if file.try_lock().is_err() {
            return false;
        }
        // Its owner left, or died and left the file.
        drop(fs::remove_file(path));
        self.ahead = None;
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

/// Whether anybody stands in the line of `dir`. Takes no lock, so the answer may be old.
#[must_use]
pub fn is_empty(dir: &Path) -> bool {
    let last = read_own(&dir.join("tail"), DIGITS).unwrap_or_default();
    let last = String::from_utf8(last).unwrap_or_default();
    let last = last.trim();
    last.is_empty() || fs::symlink_metadata(dir.join(last)).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a place is first soon: another test's child holds the files of this process between
    /// its fork and its start.
    fn soon_first(place: &mut Place) -> bool {
        (0..1000).any(|_| {
            place.is_first() || {
                std::thread::sleep(Duration::from_millis(1));
                false
            }
        })
    }

    #[test]
    fn who_came_first_is_first_and_the_dead_are_passed_over() {
        let (env, dir) = (crate::process::testing::env(), tempfile::tempdir().unwrap());
        let line = dir.path().join("line");
        assert!(is_empty(&line));
        let [mut one, mut two, mut three] = [(); 3].map(|()| Place::join(&env, &line).unwrap());
        assert!(!is_empty(&line));
        assert!(one.is_first() && !two.is_first() && !three.is_first());
        drop(one);
        assert!(soon_first(&mut two) && !three.is_first());
        // A process that dies leaves its file, and the kernel its lock.
        let left = two.path.clone();
        drop(two);
        fs::File::create(&left).unwrap();
        assert!(soon_first(&mut three));
        assert!(Place::join(&env, &line).is_some_and(|mut four| !four.is_first()));
        drop(three);
        assert!(is_empty(&line));
        assert!(Place::join(&env, &line).unwrap().is_first());
    }
}
