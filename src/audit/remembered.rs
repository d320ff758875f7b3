//! The part of a ledger's history that this user's `audit verify` has decided before.
//!
//! Invariants:
//! - It speeds up the plain run of the same user and is asked by nothing else: no hook, no range, no
//!   `--all`.
//! - It is bound to repository, ledger, commit, law and this very build of the program; what does
//!   not fit, or whose checksum is not right, is no memory.
//! - A repository is its place and the first commit of its ledger: what was decided of another that
//!   stood in the same place says nothing of this one.
//! - Only a line of which every commit held is remembered.
//!
//! The checksum is against torn files, not against forgery: whoever may write to your cache
//! directory may also replace the program.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::domain::decide::LAW;
use crate::domain::id::ObjectId;
use crate::domain::signature::Level;
use crate::ledger::Ledger;
use crate::ledger::index::replace;

/// A line of ledger commits, from the first, that was decided and held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The first of them.
    pub first: ObjectId,
    /// The last of them.
    pub commit: ObjectId,
    /// How many they are.
    pub count: usize,
    /// How many of them showed each level of who made them, then.
    pub levels: BTreeMap<Level, usize>,
}

/// Where the memory of a ledger is kept; none where no cache directory is known.
#[must_use]
pub fn place(ledger: &Ledger) -> Option<PathBuf> {
    let name = format!(
        "{}\0{}",
        ledger.repo.common_dir().display(),
        ledger.marker.branch
    );
    let name = hex(&Sha256::digest(name.as_bytes()));
    let dir = ledger.env.cache_dir()?.join("audit");
    Some(dir.join(name.get(..32)?))
}

/// What is remembered of `ledger`, if anything is.
#[must_use]
pub fn recall(ledger: &Ledger) -> Option<Remembered> {
    let text = std::fs::read_to_string(place(ledger)?).ok()?;
    let (body, sum) = text.trim_end().rsplit_once('\n')?;
    if sum != digest(body) {
        return None;
    }
    let rest = body.strip_prefix(&head(ledger)?)?;
    let mut words = rest.split_whitespace();
    let first = words.next()?.parse().ok()?;
    let commit = words.next()?.parse().ok()?;
    let count = words.next()?.parse().ok()?;
    let mut levels = BTreeMap::new();
    for level in Level::ALL {
        let many: usize = words.next()?.parse().ok()?;
        if many > 0 {
            levels.insert(*level, many);
        }
    }
    Some(Remembered {
        first,
        commit,
        count,
        levels,
    })
}

/// Remembers; one that cannot be written costs time and nothing else.
pub fn remember(ledger: &Ledger, line: &Remembered) {
    let (Some(path), Some(head)) = (place(ledger), head(ledger)) else {
        return;
    };
    let counts = Level::ALL.iter().map(|level| {
        let many = line.levels.get(level).copied().unwrap_or_default();
        format!(" {many}")
    });
    let counts: String = counts.collect();
    let Remembered {
        first,
        commit,
        count,
        ..
    } = line;
    let body = format!("{head}{first} {commit} {count}{counts}");
    let text = format!("{body}\n{}\n", digest(&body));
    drop(replace(&path, &[text.as_bytes()]));
}

/// What a memory is bound to beside its commit. The build is told by the program's file, which
/// another build replaces.
fn head(ledger: &Ledger) -> Option<String> {
    let program = std::fs::metadata(&ledger.env.exe).ok()?;
    Some(format!(
        "laneway audit 2\n{}\n{} {} {} {}.{}\n{LAW}\n",
        ledger.marker.branch,
        env!("CARGO_PKG_VERSION"),
        program.ino(),
        program.size(),
        program.ctime(),
        program.ctime_nsec(),
    ))
}

fn digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
