//! Lock files of a repository: who holds one, and taking away one that nobody holds (PROMISES P7).
//!
//! Git and gix exclude each other by files `<name>.lock`, made with `O_EXCL`, renamed over `<name>`
//! or deleted at the end. A program that is killed leaves its lock, and everyone after it fails.
//!
//! Invariant: **a lock file is taken away only while it is the very file (device, inode, time of
//! last write) of which it was shown that no living process can have made it.** It is shown when
//! all of this holds, and else the lock stays and is named with its holder or with the doubt:
//!
//! 1. It is a plain file on a file system of this kernel alone ([`LOCAL`]; anything else may have
//!    its holder on another machine).
//! 2. It says nothing of an owner. A lock of ours that does is a journal: `workspace::recover`
//!    settles it, and this module never touches it.
//! 3. It was written last at least [`SETTLED`] ago.
//! 4. No process of laneway is amid a move of refs. Each holds a shared kernel lock on
//!    [`MOVES`] for as long as it holds refs; who clears holds it exclusively, from the look to the
//!    removal. So neither laneway nor a second clearer comes in between, and the kernel releases
//!    what a dead process held.
//! 5. No process has the file open, and no git program at work here can have made it
//!    ([`holders`](crate::process::holders)).
//!
//! Removal: the file is looked at again, renamed to a unique name outside of `refs/` (where git
//! would read it as a ref), and looked at once more. If, in that instant, it was replaced by a new
//! holder's lock, that one is put back by a hard link, which never overwrites.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::{GitError, Repo};
use crate::domain::shell::quoted;
use crate::env::Env;
use crate::process::holders::{self, Holder, How, Inode, Trace, Unseen};
use crate::process::own_lock;
use crate::process::{Owner, lock_shared_within};

/// Age from which a lock counts as left behind. Younger ones are between two steps.
const SETTLED: Duration = Duration::from_secs(2);

/// How long a clearer waits for moves of refs to end, and for git programs at work.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How often an operation goes on after locks in its way were cleared or went by themselves.
const MOST_TRIES: u32 = 8;

/// The file in `<common>/laneway/` whose kernel lock says that refs are being moved.
const MOVES: &str = "moves.lock";

/// Longest signature of an owner, in bytes.
const MAX_SIGNATURE: u64 = 4096;

/// File systems that only this kernel writes to, by `statfs`.
const LOCAL: [u64; 13] = [
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683E, // btrfs
    0x0102_1994, // tmpfs
    0x8584_58F6, // ramfs
    0x794C_7630, // overlayfs
    0x2FC1_2FC1, // zfs
    0xF2F5_2010, // f2fs
    0xCA45_1A4E, // bcachefs
    0x3153_464A, // jfs
    0x5265_4973, // reiserfs
    0x3434,      // nilfs
    0x4D44,      // vfat
];

/// A lock file, and what can be shown of its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFile {
    /// Its path.
    pub path: PathBuf,
    /// Time since it was written last.
    pub age: Duration,
    /// Who holds it.
    pub standing: Standing,
    identity: Identity,
}

/// Which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    inode: Inode,
    seconds: i64,
    nanoseconds: i64,
}

/// Who holds a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody: it can be taken away.
    Stale,
    /// One of these.
    Held(Vec<Holder>),
    /// A process of laneway, which says so itself: it is a journal, settled by recovery alone.
    Signed {
        /// The process.
        owner: Owner,
        /// Whether it has ended.
        gone: bool,
    },
    /// It was written less than two seconds ago.
    Young,
    /// Nobody can tell.
    Doubtful(Doubt),
}

/// How long a move of refs waits for one who looks at locks.
const MOVE_LIMIT: Duration = Duration::from_secs(10);

/// Why the holder of a lock file cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// Its maker may be on another machine.
    #[error("it lies on a file system that other machines may use (type {0:#x})")]
    Shared(u64),
    /// A link, a directory or the like.
    #[error("it is no plain file")]
    Odd,
    /// It was written later than now.
    #[error("its time lies in the future")]
    Future,
    /// Processes of laneway are at work all the time.
    #[error("laneway is moving refs here all the time")]
    Busy,
    /// The processes cannot be seen.
    #[error(transparent)]
    Unseen(#[from] Unseen),
}

impl LockFile {
    /// Whether it can be taken away.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.standing == Standing::Stale
    }

    /// Its age in its largest unit.
    #[must_use]
    pub fn aged(&self) -> String {
        match self.age.as_secs() {
            seconds @ ..120 => format!("{seconds} s"),
            seconds @ ..7200 => format!("{} min", seconds / 60),
            seconds @ ..172_800 => format!("{} h", seconds / 3600),
            seconds => format!("{} days", seconds / 86400),
        }
    }

    /// What is known of the holder, as a sentence about the lock without its path.
    #[must_use]
    pub fn told(&self) -> String {
        match &self.standing {
            Standing::Stale => "was left by a process that is gone".to_owned(),
            Standing::Held(all) => {
                let all: Vec<String> = all.iter().map(told).collect();
                format!("may be held by {}", all.join(", and by "))
            }
            Standing::Signed { owner, gone: true } => {
                format!("was left by laneway (pid {}), which is gone", owner.pid)
            }
            Standing::Signed { owner, gone: false } => {
                format!("is held by laneway (pid {} on {})", owner.pid, owner.host)
            }
            Standing::Young => "may be held: it is younger than 2 s".to_owned(),
            Standing::Doubtful(doubt) => format!("may be held: {doubt}"),
        }
    }

    /// The next command.
    #[must_use]
    pub fn remedy(&self) -> String {
        let doctor = "`laneway doctor --fix`";
        match &self.standing {
            Standing::Stale | Standing::Signed { gone: true, .. } => doctor.to_owned(),
            Standing::Held(all) => {
                let pids: Vec<String> = all.iter().map(|one| one.pid.to_string()).collect();
                let pids = pids.join(" and ");
                format!("wait for it; once pid {pids} has ended: {doctor}")
            }
            Standing::Signed { owner, .. } => {
                format!("wait for it; once pid {} has ended: {doctor}", owner.pid)
            }
            Standing::Young => format!("try again; if it stays: {doctor}"),
            Standing::Doubtful(_) => {
                let path = quoted(&self.path.to_string_lossy());
                format!("once no git and no laneway runs here, on any machine: `rm {path}`")
            }
        }
    }
}

impl fmt::Display for LockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({} old) {}",
            self.path.display(),
            self.aged(),
            self.told()
        )
    }
}

fn told(holder: &Holder) -> String {
    let Holder {
        pid, command, how, ..
    } = holder;
    let how = match how {
        How::Open => "has it open",
        How::Works => "works here",
        How::Hidden => "is another user's",
    };
    let stopped = if holder.stopped { ", stopped" } else { "" };
    format!(
        "pid {pid} (`{}`), which {how}{stopped}",
        command.escape_debug()
    )
}

/// What came of clearing a lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cleared {
    /// It was stale and is gone.
    Done(LockFile),
    /// It went by itself.
    Gone,
    /// It stays.
    Stays(LockFile),
}

/// What a lock file of ours says.
#[derive(Deserialize)]
struct Signature {
    owner: Owner,
}

/// The exclusive right to look at locks and to clear them.
struct Clearing {
    _moves: Option<File>,
    /// Whether moves of laneway went on all the time.
    busy: bool,
}

impl Repo {
    /// The repository, whose operations clear stale locks in their way, with a remark, and say of
    /// other locks who holds them.
    #[must_use]
    pub fn watching(mut self, env: &Env) -> Self {
        self.watch = Some(Arc::new(env.clone()));
        self
    }

    /// Every lock file of the repository: of refs, and in the git directories of all worktrees.
    #[must_use]
    pub fn lock_files(&self) -> Vec<PathBuf> {
        let mut found = BTreeSet::new();
        for dir in self.git_dirs() {
            found.extend(locks_in(&dir));
            walk(&dir.join("refs"), &mut found);
        }
        let common = self.common_dir();
        found.extend(locks_in(&common.join("reftable")));
        found.extend(locks_in(&common.join("objects")));
        found.extend(locks_in(&common.join("objects/info")));
        found.into_iter().collect()
    }

    /// What can be shown of the holder of a lock file; `None` when there is none.
    ///
    /// # Errors
    /// [`GitError::Io`].
    pub fn look_at_lock(&self, path: &Path, env: &Env) -> Result<Option<LockFile>, GitError> {
        let clearing = self.begin_clearing(env)?;
        self.look(path, env, &clearing)
    }

    /// Takes a lock file away if nobody can hold it.
    ///
    /// # Errors
    /// [`GitError::Io`].
    pub fn clear_lock(&self, path: &Path, env: &Env) -> Result<Cleared, GitError> {
        let clearing = self.begin_clearing(env)?;
        let Some(lock) = self.look(path, env, &clearing)? else {
            return Ok(Cleared::Gone);
        };
        if !lock.is_stale() {
            return Ok(Cleared::Stays(lock));
        }
        env.fail_point("clearing");
        if self.take_away(&lock, env)? {
            Ok(Cleared::Done(lock))
        } else {
            Ok(Cleared::Gone)
        }
    }

    /// Says to clearers that this process moves refs, until the value is dropped.
    pub(super) fn begin_move(&self) -> Result<Option<File>, GitError> {
        let (file, path) = self.moves()?;
        let env = self.watch.clone();
        let locked = match &env {
            Some(env) => lock_shared_within(env, &file, MOVE_LIMIT),
            None => file.lock_shared().map(|()| true),
        };
        match locked {
            Ok(true) => Ok(Some(file)),
            // Somebody who clears locks was stopped amid it.
            Ok(false) => Err(GitError::Locked { path, lock: None }),
            // Where the kernel cannot lock files, nothing is ever cleared: the file system is not
            // local.
            Err(error) if no_locks(&error) => Ok(None),
            Err(error) => Err(GitError::io(path)(error)),
        }
    }

    /// Runs an operation; where a lock file stops it that nobody holds, clears it and goes on. An
    /// error about another lock says who holds it. `beside` are locks that it is known to take.
    pub(super) fn past_stale_locks<T>(
        &self,
        beside: &[PathBuf],
        mut operation: impl FnMut() -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let mut tried = 0;
        loop {
            self.clear_ahead(beside)?;
            let error = match operation() {
                Err(error) => error,
                done => return done,
            };
            let (Some(env), Some(path)) = (self.watch.clone(), self.lock_in(&error)) else {
                return Err(error);
            };
            match self.clear_settled(&path, &env)? {
                Cleared::Stays(lock) => {
                    let lock = Some(Box::new(lock));
                    return Err(GitError::Locked { path, lock });
                }
                _ if tried == MOST_TRIES => return Err(error),
                Cleared::Done(_) | Cleared::Gone => tried += 1,
            }
        }
    }

    /// Clears locks that an operation is about to take, if they are old already: waiting for one
    /// means to move refs meanwhile, and a fleet that waits would keep every clearer away.
    fn clear_ahead(&self, locks: &[PathBuf]) -> Result<(), GitError> {
        let Some(env) = &self.watch else {
            return Ok(());
        };
        for path in locks {
            let Ok(written) = fs::symlink_metadata(path).and_then(|data| data.modified()) else {
                continue;
            };
            let age = env.clock.of_files().duration_since(written);
            if age.is_ok_and(|age| age >= SETTLED)
                && let Cleared::Stays(lock) = self.clear_noted(path, env)?
                && matches!(lock.standing, Standing::Held(_))
            {
                let (path, lock) = (path.clone(), Some(Box::new(lock)));
                return Err(GitError::Locked { path, lock });
            }
        }
        Ok(())
    }

    /// Clears the index and `HEAD` of the worktree at `work_dir` of stale locks, ahead of an
    /// operation that needs both.
    pub(super) fn clear_worktree(&self, work_dir: &Path) -> Result<(), GitError> {
        let Some(dir) = self.git_dir_of(work_dir).filter(|_| self.watch.is_some()) else {
            return Ok(());
        };
        let locks = ["index.lock", "HEAD.lock"].map(|name| dir.join(name));
        self.past_stale_locks(&[], || {
            match locks.iter().find(|lock| fs::symlink_metadata(lock).is_ok()) {
                Some(path) => Err(GitError::Locked {
                    path: path.clone(),
                    lock: None,
                }),
                None => Ok(()),
            }
        })
    }

    /// Takes away the lock that git gives a worktree while it makes it, if its maker is provably
    /// gone; whether there is none any more.
    pub(super) fn clear_initializing(&self, lock: &Path) -> Result<bool, GitError> {
        let Some(env) = self.watch.clone() else {
            return Ok(false);
        };
        match self.clear_settled(lock, &env)? {
            Cleared::Done(_) | Cleared::Gone => Ok(true),
            Cleared::Stays(held) => Err(GitError::Locked {
                path: lock.to_owned(),
                lock: Some(Box::new(held)),
            }),
        }
    }

    /// Clears a lock with a remark, after waiting for one that is too young to be judged.
    fn clear_settled(&self, path: &Path, env: &Env) -> Result<Cleared, GitError> {
        let began = env.clock.instant();
        loop {
            match self.clear_noted(path, env)? {
                Cleared::Stays(lock)
                    if lock.standing == Standing::Young
                        && env.clock.instant().duration_since(began) < SETTLED * 2 =>
                {
                    env.clock.sleep(Duration::from_millis(20 + env.jitter(20)));
                }
                cleared => return Ok(cleared),
            }
        }
    }

    /// Clears a lock with a remark.
    fn clear_noted(&self, path: &Path, env: &Env) -> Result<Cleared, GitError> {
        let cleared = self.clear_lock(path, env)?;
        if let Cleared::Done(lock) = &cleared {
            env.notices.add(format!("cleared a stale lock: {lock}"));
        }
        Ok(cleared)
    }

    /// The lock file that an error is about, if it is one of this repository.
    fn lock_in(&self, error: &GitError) -> Option<PathBuf> {
        let path = match error {
            GitError::Locked { path, .. } => path.clone(),
            GitError::Git { stderr, .. } => {
                let (_, rest) = stderr.split_once("Unable to create '")?;
                PathBuf::from(rest.split_once("': File exists")?.0)
            }
            _ => return None,
        };
        let dir = self.common_dir();
        let dir = dir.canonicalize().unwrap_or(dir);
        let parent = path.parent()?.canonicalize().ok()?;
        let lock = path.extension().is_some_and(|end| end == "lock");
        (lock && parent.starts_with(dir)).then_some(path)
    }

    fn moves(&self) -> Result<(File, PathBuf), GitError> {
        let dir = self.common_dir().join("laneway");
        let path = dir.join(MOVES);
        match own_lock(&path) {
            Ok(file) => Ok((file, path)),
            Err(error) => Err(GitError::io(path)(error)),
        }
    }

    fn begin_clearing(&self, env: &Env) -> Result<Clearing, GitError> {
        let busy = Clearing {
            _moves: None,
            busy: true,
        };
        let (file, path) = match self.moves() {
            // Who may not write here can look.
            Err(GitError::Io { source, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                return Ok(busy);
            }
            opened => opened?,
        };
        let began = env.clock.instant();
        loop {
            match file.try_lock() {
                Ok(()) => {
                    return Ok(Clearing {
                        _moves: Some(file),
                        busy: false,
                    });
                }
                Err(TryLockError::Error(error)) if !no_locks(&error) => {
                    return Err(GitError::io(path)(error));
                }
                Err(_) if env.clock.instant().duration_since(began) > PATIENCE => return Ok(busy),
                Err(_) => env.clock.sleep(Duration::from_millis(5 + env.jitter(10))),
            }
        }
    }

    fn look(
        &self,
        path: &Path,
        env: &Env,
        clearing: &Clearing,
    ) -> Result<Option<LockFile>, GitError> {
        let Some((data, identity)) = identity_of(path)? else {
            return Ok(None);
        };
        let written = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let age = env.clock.of_files().duration_since(written);
        let standing = match age {
            _ if !data.is_file() => Standing::Doubtful(Doubt::Odd),
            _ if let Some(owner) = signature(path, &data) => Standing::Signed {
                gone: owner.is_gone(env),
                owner,
            },
            Err(_) => Standing::Doubtful(Doubt::Future),
            Ok(age) if age < SETTLED => Standing::Young,
            Ok(_) => self.standing(path, &identity, written, env, clearing),
        };
        // It may have gone, or be another one, since the look began.
        if identity_of(path)?.is_none_or(|(_, now)| now != identity) && standing == Standing::Stale
        {
            return Ok(None);
        }
        Ok(Some(LockFile {
            path: path.to_owned(),
            age: age.unwrap_or_default(),
            standing,
            identity,
        }))
    }

    fn standing(
        &self,
        path: &Path,
        identity: &Identity,
        written: SystemTime,
        env: &Env,
        clearing: &Clearing,
    ) -> Standing {
        if let Some(kind) = shared(path) {
            return Standing::Doubtful(Doubt::Shared(kind));
        }
        let places = self.places();
        let trace = Trace {
            path,
            inode: identity.inode,
            written,
            places: &places,
            laneway: clearing.busy,
        };
        let mut found = match holders::holders(env, &trace) {
            Ok(found) => found,
            Err(unseen) => return Standing::Doubtful(unseen.into()),
        };
        // Whoever made the lock is among them. Most git programs end within moments.
        let began = env.clock.instant();
        while !found.is_empty() && env.clock.instant().duration_since(began) < PATIENCE {
            if found.iter().any(|holder| holder.stopped) {
                break;
            }
            env.clock.sleep(Duration::from_millis(50));
            found.retain(|holder| holders::still_lives(env, holder));
        }
        if !found.is_empty() {
            Standing::Held(found)
        } else if clearing.busy {
            Standing::Doubtful(Doubt::Busy)
        } else {
            Standing::Stale
        }
    }

    /// Takes away the lock if it is still the one that was judged, and says whether it was. The
    /// clearing is held.
    fn take_away(&self, lock: &LockFile, env: &Env) -> Result<bool, GitError> {
        match identity_of(&lock.path)? {
            Some((_, now)) if now == lock.identity => self.move_away(lock, env),
            _ => Ok(false),
        }
    }

    /// Renames it aside, makes sure that it is the one that was judged, and deletes it.
    fn move_away(&self, lock: &LockFile, env: &Env) -> Result<bool, GitError> {
        let dir = self.common_dir().join("laneway/cleared");
        fs::create_dir_all(&dir).map_err(GitError::io(&dir))?;
        let aside = dir.join(format!("{}.lock", env.request_id()));
        match fs::rename(&lock.path, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            renamed => renamed.map_err(GitError::io(&lock.path))?,
        }
        let moved = identity_of(&aside)?;
        let judged = moved.is_some_and(|(_, moved)| moved == lock.identity);
        if !judged {
            // A new holder's, made in between: it gets its lock back.
            match fs::hard_link(&aside, &lock.path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                linked => linked.map_err(GitError::io(&lock.path))?,
            }
        }
        fs::remove_file(&aside).map_err(GitError::io(&aside))?;
        Ok(judged)
    }

    /// The git directories of the repository and of its linked worktrees.
    fn git_dirs(&self) -> Vec<PathBuf> {
        let common = self.common_dir();
        let linked = fs::read_dir(common.join("worktrees")).into_iter().flatten();
        let linked = linked.filter_map(Result::ok).map(|entry| entry.path());
        std::iter::once(common).chain(linked).collect()
    }

    /// The directories in which programs work on this repository.
    pub(super) fn places(&self) -> BTreeSet<Inode> {
        let mut dirs = self.git_dirs();
        dirs.extend(self.main_work_dir());
        dirs.extend(self.work_dir());
        let linked: Vec<PathBuf> = dirs
            .iter()
            .filter_map(|dir| {
                let text = fs::read_to_string(dir.join("gitdir")).ok()?;
                Some(dir.join(text.trim_end()).parent()?.to_owned())
            })
            .collect();
        dirs.extend(linked);
        let known = dirs.iter().filter_map(|dir| fs::metadata(dir).ok());
        known.map(|data| Inode::of(&data)).collect()
    }
}

/// Whether the kernel cannot lock files on this file system.
fn no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error())
}

fn identity_of(path: &Path) -> Result<Option<(fs::Metadata, Identity)>, GitError> {
    match fs::symlink_metadata(path) {
        Ok(data) => {
            let identity = Identity {
                inode: Inode::of(&data),
                seconds: data.mtime(),
                nanoseconds: data.mtime_nsec(),
            };
            Ok(Some((data, identity)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(GitError::io(path)(error)),
    }
}

/// Whose a lock file is, if it says so.
fn signature(path: &Path, data: &fs::Metadata) -> Option<Owner> {
    if data.len() > MAX_SIGNATURE {
        return None;
    }
    let mut bytes = Vec::new();
    let mut file = File::open(path).ok()?.take(MAX_SIGNATURE);
    file.read_to_end(&mut bytes).ok()?;
    let signature: Signature = serde_json::from_slice(&bytes).ok()?;
    Some(signature.owner)
}

/// The type of the file system that a file lies on, unless it is of this kernel alone.
fn shared(path: &Path) -> Option<u64> {
    let kind = match rustix::fs::statfs(path) {
        // The kernel's type of the field differs from machine to machine; the values fit 32 bits.
        Ok(found) => u64::from(found.f_type as u32),
        Err(_) => 0,
    };
    (!LOCAL.contains(&kind)).then_some(kind)
}

fn locks_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "lock"))
        .collect()
}

/// The locks in a directory and below.
fn walk(dir: &Path, found: &mut BTreeSet<PathBuf>) {
    found.extend(locks_in(dir));
    for entry in fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
    {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), found);
        }
    }
}

#[cfg(test)]
#[path = "stale_tests.rs"]
mod tests;
