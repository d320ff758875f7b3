use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use super::{Durability, GitError, Repo};
use crate::domain::id::ObjectId;

/// Flushes in flight at a time: enough for one journal commit of the file system to carry them all.
const THREADS: usize = 6;

/// So few are flushed one after the other: a thread costs more than it saves.
const FEW: usize = 2;

impl Repo {
    /// Flushes the loose files of these objects and, under full durability, the directories that name
    /// them to the disk, each once, in parallel threads (facts: neither gix nor git does that by
    /// default). Without the directories a power cut may lose the objects, but leaves none without
    /// its content: a ref must not move to such a one.
    ///
    /// An object without a loose file is in a pack and was made durable with it.
    ///
    /// # Errors
    /// [`GitError::Io`] when a file or directory cannot be flushed.
    pub fn sync_objects(&self, ids: &[ObjectId], durability: Durability) -> Result<(), GitError> {
        let objects = self.common_dir().join("objects");
        let mut files = BTreeSet::new();
        let mut directories = BTreeSet::from([objects]);
        for id in ids {
            let file = self.loose_file(*id);
            if file.exists() {
                directories.extend(file.parent().map(ToOwned::to_owned));
                files.insert(file);
            }
        }
        if files.is_empty() {
            return Ok(());
        }
        if durability == Durability::Fast {
            directories.clear();
        }
        // The directories last (the queue is emptied from its end): by then the journal has mostly
        // been written, and with it what they need.
        flush_all(directories.into_iter().chain(files).collect())
    }

    /// Makes everything durable that `tip` has and `base` has not: commits that a person or an agent
    /// made with git, which flushes nothing by default.
    ///
    /// # Errors
    /// [`GitError::Git`]; [`GitError::Io`].
    pub fn sync_range(&self, tip: ObjectId, base: ObjectId) -> Result<(), GitError> {
        let (tip, base) = (tip.to_string(), format!("^{base}"));
        let args = ["rev-list", "--objects", "--no-object-names", &tip, &base];
        let listed = self.succeed(&self.git(&args), "rev-list")?;
        let text = String::from_utf8_lossy(&listed);
        let ids: Vec<ObjectId> = text.lines().filter_map(|line| line.parse().ok()).collect();
        self.sync_objects(&ids, Durability::Full)
    }

    /// Where an object lies when it is not in a pack.
    pub(super) fn loose_file(&self, id: ObjectId) -> PathBuf {
        let hex = id.to_string();
        let (fan, name) = hex.split_at(2);
        self.common_dir().join("objects").join(fan).join(name)
    }
}

/// Flushes files and directories in parallel; the first failure counts.
pub(super) fn flush_all(paths: Vec<PathBuf>) -> Result<(), GitError> {
    let workers = match paths.len() {
        ..=FEW => 1,
        many => many.min(THREADS),
    };
    let queue = Mutex::new(paths);
    let next = || queue.lock().map_or(None, |mut queue| queue.pop());
    let work = || -> Result<(), GitError> {
        while let Some(path) = next() {
            flush(&path)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let theirs = handles.into_iter().map(|handle| {
            handle
                .join()
                .unwrap_or_else(|_| Err(GitError::io("fsync")(io::Error::other("panic"))))
        });
        theirs.fold(mine, Result::and)
    })
}

/// Flushes one file or directory. One that is gone was moved into a pack meanwhile.
pub(super) fn flush(path: &Path) -> Result<(), GitError> {
    match File::open(path).and_then(|file| file.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(GitError::io(path)(error)),
        _ => Ok(()),
    }
}
