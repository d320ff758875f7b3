//! Which processes may hold a lock file, by what the kernel shows of them.
//!
//! A lock file says nothing about its holder. What can be shown is that nobody who lives can be
//! it. A holder made the file, so it started before the file was written last; it either still has
//! the file open, or (between closing and renaming it) works in the repository. So whoever may
//! hold it is among
//!
//! 1. the processes that have the file open, by device and inode;
//! 2. the git programs that started before it was written last and have their directory, an
//!    argument or a `GIT_…` variable inside the given places;
//! 3. the git programs of other users, whose open files we may not see.
//!
//! Nothing is shown, and [`Unseen`] says why, where another machine or a process out of sight may
//! work on the same files. A dead process that nobody waited for holds nothing; a stopped one does.
//!
//! Times: a start is measured from the boot, a file's by the wall clock. Where a file seems to be
//! older than the boot, it is, or the clock was set forward since: then every git program at work
//! counts, whenever it started. What remains is a clock set forward, by less than the time since
//! the boot, while a git program held a lock that it had closed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::env::Env;

/// The first pid namespace of a kernel, from which all of its processes are seen
/// (`PROC_PID_INIT_INO` of Linux).
const INITIAL_NAMESPACE: &str = "pid:[4026531836]";

/// Ticks of a start time in a second: `USER_HZ`, the same on every Linux that Rust runs on.
const TICKS: u64 = 100;

/// What the two clocks may be apart: a tick of each.
const SLACK: Duration = Duration::from_millis(50);

/// Servers that let other machines work on local files.
const LENDERS: [&str; 7] = [
    "nfsd",
    "ganesha.nfsd",
    "smbd",
    "ksmbd",
    "virtiofsd",
    "diod",
    "sftp-server",
];

/// Programs that take git's locks, besides those whose name begins with `git`.
const GIT_LIKE: [&str; 5] = ["gix", "ein", "java", "jj", "lazygit"];

/// Longest command line that is told, in characters.
const LONGEST_COMMAND: usize = 120;

/// A file or directory, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inode {
    /// The file system.
    pub device: u64,
    /// The file in it.
    pub number: u64,
}

impl Inode {
    /// That of a file.
    #[must_use]
    pub fn of(data: &fs::Metadata) -> Self {
        Self {
            device: data.dev(),
            number: data.ino(),
        }
    }
}

/// A lock file whose holder is looked for.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    /// Its path.
    pub path: &'a Path,
    /// The file.
    pub inode: Inode,
    /// When it was written last.
    pub written: SystemTime,
    /// The directories in which its maker works.
    pub places: &'a BTreeSet<Inode>,
    /// Whether laneway's own processes count as git programs.
    pub laneway: bool,
}

/// A process that may hold the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its id.
    pub pid: u32,
    /// When it started, in ticks after the boot.
    pub start: u64,
    /// Its command line, shortened, without passwords.
    pub command: String,
    /// Why it may be the holder.
    pub how: How,
    /// Whether it is stopped: it will not go on by itself.
    pub stopped: bool,
}

/// Why a process may hold a lock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It has the file open.
    Open,
    /// It works in the repository, and did when the lock was made.
    Works,
    /// It is another user's, and we may not see what it has open.
    Hidden,
}

/// Why nothing can be shown about the holders of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unseen {
    /// The system shows no processes.
    #[error("this system does not show its processes")]
    NoTable,
    /// We live in a container: others see the same files and not us.
    #[error("this is a container, and processes outside of it cannot be seen")]
    Namespace,
    /// The processes of other users are hidden.
    #[error("the processes of other users are hidden here")]
    Hidden,
    /// Other machines may work on these files.
    #[error("`{command}` (pid {pid}) lends files of this machine to others")]
    Lent {
        /// The server's process.
        pid: u32,
        /// Its name.
        command: String,
    },
}

/// The living processes that may hold the file; none: it was left by one that is gone.
///
/// # Errors
/// [`Unseen`] when that cannot be shown.
pub fn holders(env: &Env, trace: &Trace<'_>) -> Result<Vec<Holder>, Unseen> {
    let table = env.processes.table();
    let uptime = uptime(&table).ok_or(Unseen::NoTable)?;
    let namespace = fs::read_link(table.join("self/ns/pid")).map_err(|_| Unseen::NoTable)?;
    if namespace.as_os_str() != INITIAL_NAMESPACE {
        return Err(Unseen::Namespace);
    }
    if fs::read(table.join("1/comm")).is_err() {
        return Err(Unseen::Hidden);
    }
    let boot = env.clock.of_files().checked_sub(uptime);
    let age = boot.and_then(|boot| trace.written.duration_since(boot).ok());
    let mut found = Vec::new();
    for process in all(&table)? {
        if LENDERS.contains(&process.name.as_str()) {
            let (pid, command) = (process.pid, process.name);
            return Err(Unseen::Lent { pid, command });
        }
        let how = if process.has_open(trace) {
            Some(How::Open)
        } else if process.pid != env.pid && process.is_git(trace.laneway) && process.older(age) {
            process.works_in(trace.places)
        } else {
            None
        };
        found.extend(how.map(|how| process.into_holder(how)));
    }
    Ok(found)
}

/// Whether a holder that was found before still lives.
#[must_use]
pub fn still_lives(env: &Env, holder: &Holder) -> bool {
    Process::read(&env.processes.table(), holder.pid)
        .is_some_and(|process| process.start == holder.start)
}

/// Time since the boot.
fn uptime(table: &Path) -> Option<Duration> {
    let text = fs::read_to_string(table.join("uptime")).ok()?;
    let seconds: f64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Every living process.
fn all(table: &Path) -> Result<Vec<Process>, Unseen> {
    let entries = fs::read_dir(table).map_err(|_| Unseen::NoTable)?;
    let pids = entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    Ok(pids.filter_map(|pid| Process::read(table, pid)).collect())
}

/// A living process, as the table shows it.
struct Process {
    dir: PathBuf,
    pid: u32,
    name: String,
    start: u64,
    stopped: bool,
}

impl Process {
    /// `<table>/<pid>/stat`: the name in parentheses, then the state, then 18 fields, then the
    /// start. None for one that is gone, or dead and not waited for.
    fn read(table: &Path, pid: u32) -> Option<Self> {
        let dir = table.join(pid.to_string());
        let stat = fs::read(dir.join("stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (head, rest) = stat.rsplit_once(')')?;
        let (_, name) = head.split_once('(')?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?;
        let start = fields.nth(18)?.parse().ok()?;
        (!matches!(state, "Z" | "X" | "x")).then(|| Self {
            dir,
            pid,
            name: name.to_owned(),
            start,
            stopped: matches!(state, "T" | "t"),
        })
    }

    fn is_git(&self, laneway: bool) -> bool {
        let name = self.name.as_str();
        name.starts_with("git")
            || GIT_LIKE.contains(&name)
            || (laneway && name.starts_with("laneway"))
    }

    /// Whether it started before `age` after the boot; every process did when that is unknown.
    fn older(&self, age: Option<Duration>) -> bool {
        let start = Duration::from_millis(self.start * 1000 / TICKS);
        age.is_none_or(|age| start <= age + SLACK)
    }

    /// Links to other names are not followed: they may lie on a file system that does not answer.
    fn has_open(&self, trace: &Trace<'_>) -> bool {
        let entries = fs::read_dir(self.dir.join("fd")).into_iter().flatten();
        let name = trace.path.file_name();
        entries.filter_map(Result::ok).any(|entry| {
            let link = fs::read_link(entry.path());
            link.is_ok_and(|link| link.file_name() == name)
                && fs::metadata(entry.path()).is_ok_and(|data| Inode::of(&data) == trace.inode)
        })
    }

    /// Whether and how it works in one of the places.
    fn works_in(&self, places: &BTreeSet<Inode>) -> Option<How> {
        if fs::read_dir(self.dir.join("fd")).is_err() {
            // One that ended meanwhile is no holder.
            return self.dir.exists().then_some(How::Hidden);
        }
        let works = self.stands_in(places) || self.names(places);
        works.then_some(How::Works)
    }

    /// Whether its directory is one of the places or below. The kernel is asked, not the path: a
    /// process in another mount namespace calls the same directory by another name.
    fn stands_in(&self, places: &BTreeSet<Inode>) -> bool {
        let mut at = self.dir.join("cwd");
        let mut below = None;
        while let Ok(data) = fs::metadata(&at) {
            let here = Inode::of(&data);
            if places.contains(&here) {
                return true;
            }
            if below == Some(here) {
                return false;
            }
            below = Some(here);
            at.push("..");
        }
        false
    }

    /// Whether an argument or a variable of git is a path in one of the places.
    fn names(&self, places: &BTreeSet<Inode>) -> bool {
        let read = |file: &str| fs::read(self.dir.join(file)).unwrap_or_default();
        let (args, environ) = (read("cmdline"), read("environ"));
        let args = args.split(|byte| *byte == 0);
        let variables = environ.split(|byte| *byte == 0);
        args.chain(variables.filter(|variable| variable.starts_with(b"GIT_")))
            .flat_map(|word| {
                let value = word.iter().position(|byte| *byte == b'=');
                [Some(word), value.map(|at| &word[at + 1..])]
            })
            .flatten()
            .map(|word| word.strip_prefix(b"file://").unwrap_or(word))
            .filter(|word| !word.is_empty())
            .any(|word| self.is_in(Path::new(OsStr::from_bytes(word)), places))
    }

    /// Whether a path, as the process sees it, lies in one of the places.
    fn is_in(&self, path: &Path, places: &BTreeSet<Inode>) -> bool {
        let (root, below) = match path.strip_prefix("/") {
            Ok(below) => (self.dir.join("root"), below),
            Err(_) => (self.dir.join("cwd"), path),
        };
        let whole = root.join(below);
        let mut above = whole.ancestors().take_while(|path| *path != root);
        above.any(|path| fs::metadata(path).is_ok_and(|data| places.contains(&Inode::of(&data))))
    }

    fn into_holder(self, how: How) -> Holder {
        let line = fs::read(self.dir.join("cmdline")).unwrap_or_default();
        let words: Vec<String> = line
            .split(|byte| *byte == 0)
            .filter(|word| !word.is_empty())
            .map(|word| without_password(&String::from_utf8_lossy(word)))
            .collect();
        let line = if words.is_empty() {
            self.name
        } else {
            words.join(" ")
        };
        let mut command: String = line.chars().take(LONGEST_COMMAND).collect();
        if command.len() < line.len() {
            command.push('…');
        }
        Holder {
            pid: self.pid,
            start: self.start,
            command,
            how,
            stopped: self.stopped,
        }
    }
}

/// A word without what stands between `://` and `@`.
fn without_password(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let host = rest.split('/').next().unwrap_or_default();
    match host.rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
#[path = "holders_tests.rs"]
mod tests;
