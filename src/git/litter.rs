use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{GitError, Repo};
use crate::env::Env;
use crate::process::holders::{self, Inode, Trace};

/// Age from which a temporary file counts as left behind.
const LEFT: Duration = Duration::from_secs(3600);

/// A temporary file or directory that a process left when it died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Litter {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Repo {
    /// What dead processes left half written beside the objects: git's `tmp_obj_…` and `tmp_pack_…`
    /// files and `tmp_objdir-…` directories, gix's and our own `.tmp…` files. Each was written last
    /// more than an hour ago, and nobody who can be seen has it open or, being older, works here.
    #[must_use]
    pub fn litter(&self, env: &Env) -> Vec<Litter> {
        let common = self.common_dir();
        let objects = common.join("objects");
        let mut found = Vec::new();
        let mut take = |dir: &Path, starts: &[&str]| found.extend(named(dir, starts));
        take(&objects, &["tmp_obj", "incoming-", ".tmp"]);
        for fan in directories(&objects) {
            take(&fan, &["tmp_obj_", "tmp_idx_"]);
        }
        take(&objects.join("pack"), &["tmp_", ".tmp-"]);
        let ours = common.join("laneway");
        take(&ours, &[".tmp"]);
        for below in directories(&ours) {
            take(&below, &[".tmp"]);
            take(&below.join("claims"), &[".tmp"]);
        }
        take(&ours.join("cleared"), &[""]);
        let places = self.places();
        found.sort();
        found
            .into_iter()
            .filter_map(|path| {
                let bytes = left(&path, &places, env)?;
                Some(Litter { path, bytes })
            })
            .collect()
    }

    /// Deletes what is still left behind.
    ///
    /// # Errors
    /// [`GitError::Io`].
    pub fn remove_litter(&self, litter: &Litter, env: &Env) -> Result<(), GitError> {
        let path = &litter.path;
        if left(path, &self.places(), env).is_none() {
            return Ok(());
        }
        let removed = match fs::symlink_metadata(path) {
            Ok(data) if data.is_dir() => fs::remove_dir_all(path),
            _ => fs::remove_file(path),
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(GitError::io(path)(error))
            }
            _ => Ok(()),
        }
    }
}

/// The entries of a directory whose names begin so.
fn named(dir: &Path, starts: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let meant = |name: &str| starts.iter().any(|start| name.starts_with(start));
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_str().is_some_and(meant))
        .map(|entry| entry.path())
        .collect()
}

fn directories(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

/// The size of a file, or of a directory with all that is in it, if all of it was left behind.
fn left(path: &Path, places: &BTreeSet<Inode>, env: &Env) -> Option<u64> {
    let data = fs::symlink_metadata(path).ok()?;
    if data.is_dir() {
        let inside = named(path, &[""]).into_iter();
        let sizes: Option<Vec<u64>> = inside.map(|path| left(&path, places, env)).collect();
        let sum = sizes?.iter().sum();
        return settled(&data, env).then_some(sum);
    }
    if !data.is_file() || !settled(&data, env) {
        return None;
    }
    let trace = Trace {
        path,
        inode: Inode::of(&data),
        written: data.modified().ok()?,
        places,
        laneway: true,
    };
    // Where nobody can be seen, the age has to do: nothing that lives goes by these names for long.
    let held = holders::holders(env, &trace).is_ok_and(|all| !all.is_empty());
    (!held).then_some(data.len())
}

fn settled(data: &fs::Metadata, env: &Env) -> bool {
    let written = data.modified().ok();
    let age = written.and_then(|at| env.clock.of_files().duration_since(at).ok());
    age.is_some_and(|age| age > LEFT)
}
