//! The only door to environment, clock, randomness, host and current directory.
//!
//! [`Env`] is a value: the binary makes one from the process, a test makes one by hand.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;

/// The clock as the code may see it; a test brings its own.
pub trait Clock: Send + Sync {
    /// The wall clock, in whole seconds.
    fn now(&self) -> Timestamp;

    /// A clock that only goes forward, for time limits within one process.
    fn instant(&self) -> Instant;

    /// Waits.
    fn sleep(&self, time: Duration);

    /// The time since the machine was started, sleep included; none where the system or a test
    /// does not tell.
    fn since_boot(&self) -> Option<Duration> {
        None
    }

    /// The clock by which the kernel stamps files and processes. To be compared with such stamps
    /// only: what is decided goes by [`now`](Self::now), which a test may fix.
    fn of_files(&self) -> SystemTime {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one home of the clock"
        )]
        SystemTime::now()
    }
}

/// Randomness as the code may see it; a test brings its own.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Which processes there are on this machine; a test brings its own.
pub trait Processes: Send + Sync {
    /// The id of the boot it runs in; empty where the system tells none.
    fn boot(&self) -> String;

    /// The namespace that process ids are of; empty where the system tells none.
    fn namespace(&self) -> String {
        String::new()
    }

    /// Whether a process with this id exists, dead ones that nobody waited for included.
    fn exists(&self, pid: u32) -> bool;

    /// When it started, in ticks after the boot; none where the system does not tell.
    fn start_of(&self, pid: u32) -> Option<u64>;

    /// Where the kernel shows its processes, in the form of Linux's `/proc`.
    fn table(&self) -> PathBuf {
        PathBuf::from("/proc")
    }
}

/// Remarks for the person that come up deep inside, such as a stale lock that was cleared. The
/// library collects them; only the command line prints.
#[derive(Debug, Clone, Default)]
pub struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    /// Adds a remark.
    pub fn add(&self, text: impl Into<String>) {
        if let Ok(mut all) = self.0.lock() {
            all.push(text.into());
        }
    }

    /// All remarks so far; they are told once.
    #[must_use]
    pub fn take(&self) -> Vec<String> {
        let all = self.0.lock().map(|mut all| std::mem::take(&mut *all));
        all.unwrap_or_default()
    }
}

/// The named places between two steps where a test lets a process die or wait.
pub trait FailPoints: Send + Sync {
    /// The process has come to the place `name`.
    fn reach(&self, name: &str);
}

/// Everything the process was given.
#[derive(Clone)]
pub struct Env {
    /// Environment variables.
    pub vars: BTreeMap<OsString, OsString>,
    /// The current directory.
    pub dir: PathBuf,
    /// The program that runs, for those that start it again.
    pub exe: PathBuf,
    /// Name of this host.
    pub host: String,
    /// Id of this process.
    pub pid: u32,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The processes of this machine.
    pub processes: Arc<dyn Processes>,
    /// Where tests let processes die.
    pub fail_points: Arc<dyn FailPoints>,
    /// Where remarks for the person are collected.
    pub notices: Notices,
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("dir", &self.dir)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl Env {
    /// The environment of this process.
    ///
    /// # Errors
    /// When the current directory is gone.
    pub fn of_process() -> std::io::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one home of these calls"
        )]
        let (vars, dir) = (std::env::vars_os(), std::env::current_dir()?);
        let vars = vars.filter_map(|(name, value)| match name.to_str() {
            Some("PATH") => Some((name, away_from_here(&value)?)),
            _ => Some((name, value)),
        });
        let mut env = Self {
            vars: vars.collect(),
            dir,
            // Where the system cannot tell, the search path may.
            exe: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("laneway")),
            host: host_name(),
            pid: std::process::id(),
            clock: Arc::new(SystemClock::default()),
            random: Arc::new(SystemRandom),
            processes: Arc::new(SystemProcesses),
            fail_points: Arc::new(NoFailPoint),
            notices: Notices::default(),
        };
        if let Some(now) = env.fixed_clock() {
            let uptime = env.var("LANEWAY_TEST_UPTIME");
            let uptime = uptime.and_then(|seconds| seconds.parse().ok());
            env.clock = Arc::new(SystemClock {
                fixed: Some((now, uptime.map(Duration::from_secs))),
            });
        }
        if let Some(name) = env.fatal_point() {
            env.fail_points = Arc::new(FatalPoint(name));
        }
        Ok(env)
    }

    /// A test build dies at the place that `LANEWAY_TEST_DIE_AT` names; a release build never looks.
    fn fatal_point(&self) -> Option<String> {
        if cfg!(debug_assertions) {
            self.var("LANEWAY_TEST_DIE_AT").map(str::to_owned)
        } else {
            None
        }
    }

    /// A test build takes a fixed wall clock from `LANEWAY_TEST_NOW`, and with it the seconds since
    /// boot from `LANEWAY_TEST_UPTIME`; a release build never does.
    fn fixed_clock(&self) -> Option<Timestamp> {
        if cfg!(debug_assertions) {
            self.var("LANEWAY_TEST_NOW")?.parse().ok()
        } else {
            None
        }
    }

    /// A variable, if it is set, not empty, and UTF-8.
    #[must_use]
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(OsStr::new(name))?
            .to_str()
            .filter(|value| !value.is_empty())
    }

    /// Where a program is found on the path.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.vars.get(OsStr::new("PATH"))?;
        let mut found = std::env::split_paths(path).map(|dir| self.dir.join(dir).join(name));
        found.find(|program| program.is_file())
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A new request id: time first, so that ids sort by age, then 80 random bits.
    #[must_use]
    pub fn request_id(&self) -> RequestId {
        let mut random = [0; 10];
        self.random.fill(&mut random);
        let time = u64::try_from(self.now().seconds()).unwrap_or(0);
        let tail: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = format!("{time:010x}-{tail}");
        #[expect(
            clippy::expect_used,
            reason = "hexadecimal digits and a hyphen are a legal id"
        )]
        RequestId::new(text).expect("a generated request id is legal")
    }

    /// A random number below `bound`, for jitter.
    #[must_use]
    pub fn jitter(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        u64::from_le_bytes(bytes) % bound.max(1)
    }

    /// The directory for caches: `LANEWAY_CACHE_DIR`, else `$XDG_CACHE_HOME/laneway`, else
    /// `~/.cache/laneway`; none where no home is known.
    #[must_use]
    pub fn cache_dir(&self) -> Option<PathBuf> {
        self.user_dir("LANEWAY_CACHE_DIR", "XDG_CACHE_HOME", ".cache")
    }

    /// The directory for what this user decided (trust): `LANEWAY_STATE_DIR`, else
    /// `$XDG_STATE_HOME/laneway`, else `~/.local/state/laneway`.
    #[must_use]
    pub fn state_dir(&self) -> Option<PathBuf> {
        self.user_dir("LANEWAY_STATE_DIR", "XDG_STATE_HOME", ".local/state")
    }

    fn user_dir(&self, own: &str, xdg: &str, below_home: &str) -> Option<PathBuf> {
        if let Some(dir) = self.var(own) {
            return Some(PathBuf::from(dir));
        }
        let base = match self.var(xdg) {
            Some(dir) => PathBuf::from(dir),
            None => PathBuf::from(self.var("HOME")?).join(below_home),
        };
        base.is_absolute().then(|| base.join("laneway"))
    }

    /// A place between two steps where a test can let this process die.
    pub fn fail_point(&self, name: &str) {
        self.fail_points.reach(name);
    }

    /// Whether this runs in continuous integration.
    #[must_use]
    pub fn is_ci(&self) -> bool {
        self.var("CI")
            .is_some_and(|value| value != "false" && value != "0")
    }
}

#[derive(Default)]
struct SystemClock {
    /// The moment that a test gives, and the time since boot if it gives one.
    fixed: Option<(Timestamp, Option<Duration>)>,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one home of the clock"
        )]
        match self.fixed {
            Some((now, _)) => now,
            None => Timestamp::from_seconds(jiff::Timestamp::now().as_second()),
        }
    }

    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn since_boot(&self) -> Option<Duration> {
        if let Some((_, uptime)) = self.fixed {
            return uptime;
        }
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        Some(Duration::from_secs(seconds))
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        let mut filled = 0;
        while filled < bytes.len() {
            let flags = rustix::rand::GetRandomFlags::empty();
            match rustix::rand::getrandom(&mut bytes[filled..], flags) {
                Ok(count) => filled += count,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    }
}

struct SystemProcesses;

impl Processes for SystemProcesses {
    fn boot(&self) -> String {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        text.trim().to_owned()
    }

    fn namespace(&self) -> String {
        let link = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        link.to_string_lossy().into_owned()
    }

    fn exists(&self, pid: u32) -> bool {
        let pid = i32::try_from(pid)
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        pid.is_some_and(|pid| {
            rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH)
        })
    }

    /// Field 22 of `/proc/<pid>/stat`; the second one may hold spaces and parentheses.
    fn start_of(&self, pid: u32) -> Option<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_ascii_whitespace().nth(19)?.parse().ok()
    }
}

struct NoFailPoint;

impl FailPoints for NoFailPoint {
    fn reach(&self, _: &str) {}
}

/// The place where a test build dies.
struct FatalPoint(String);

impl FailPoints for FatalPoint {
    fn reach(&self, name: &str) {
        if name == self.0 {
            std::process::abort();
        }
    }
}

fn host_name() -> String {
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    if name.is_empty() {
        "localhost".to_owned()
    } else {
        name
    }
}

/// A search path without its relative and empty entries: a directory that we happen to stand in may
/// hold anything, a `git` of its own for instance (PROMISES P22). None when nothing is left, since
/// an empty path means the directory at hand.
fn away_from_here(path: &OsStr) -> Option<OsString> {
    let dirs = std::env::split_paths(path).filter(|dir| dir.is_absolute());
    // What was split at separators holds none: joining cannot fail.
    std::env::join_paths(dirs)
        .ok()
        .filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::away_from_here;

    #[test]
    fn no_program_is_looked_up_in_the_directory_at_hand() {
        let cleaned = |path: &str| away_from_here(path.as_ref());
        assert_eq!(cleaned(".:/bin::bin:/usr/bin:").unwrap(), "/bin:/usr/bin");
        assert_eq!(cleaned("."), None);
        assert_eq!(cleaned(""), None);
    }
}
