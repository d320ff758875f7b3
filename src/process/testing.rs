//! A runner for tests, and processes to be looked at.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Runner;
use crate::env::{Env, Processes};

/// This process and its machine.
pub(crate) fn env() -> Env {
    Env::of_process().unwrap()
}

/// The id of a process that has ended.
pub(crate) fn dead_pid() -> u32 {
    let runner = runner();
    let finished = runner.run(&runner.shell("echo $$", std::path::Path::new("/")));
    finished.unwrap().stdout.text().parse().unwrap()
}

/// A runner with `PATH` and nothing of the person who runs the tests.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests need the machine's `PATH`"
)]
pub(crate) fn runner() -> Runner {
    let mut environment = BTreeMap::new();
    environment.insert("PATH".into(), std::env::var_os("PATH").unwrap());
    environment.insert("HOME".into(), "/nonexistent".into());
    environment.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
    environment.insert("GIT_CONFIG_GLOBAL".into(), "/dev/null".into());
    Runner::new(environment)
}

/// The processes of this machine as a test shows them: a table of its own, in which this process
/// seems to see everything, wherever the tests run.
pub(crate) struct Table {
    dir: tempfile::TempDir,
}

struct Shown {
    table: PathBuf,
    system: Arc<dyn Processes>,
}

impl Processes for Shown {
    fn boot(&self) -> String {
        self.system.boot()
    }

    fn exists(&self, pid: u32) -> bool {
        self.system.exists(pid)
    }

    fn start_of(&self, pid: u32) -> Option<u64> {
        self.system.start_of(pid)
    }

    fn table(&self) -> PathBuf {
        self.table.clone()
    }
}

impl Table {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let table = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(table.path("self/ns")).unwrap();
        table.link("pid:[4026531836]", "self/ns/pid");
        table.link("/proc/uptime", "uptime");
        table.put("1/comm", "init\n");
        table
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// Replaces a link.
    pub(crate) fn link(&self, to: impl AsRef<Path>, below: &str) {
        drop(fs::remove_file(self.path(below)));
        std::os::unix::fs::symlink(to, self.path(below)).unwrap();
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own files")]
    pub(crate) fn put(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Shows a process of this machine.
    pub(crate) fn show(&self, pid: u32) {
        self.link(format!("/proc/{pid}"), &pid.to_string());
    }

    /// Shows a process that there is not, with its directory.
    pub(crate) fn invent(&self, pid: u32, name: &str, state: &str, start: u64, dir: &Path) {
        let zeros = "0 ".repeat(18);
        let stat = format!("{pid} ({name}) {state} {zeros}{start} 0 0\n");
        self.put(&format!("{pid}/stat"), &stat);
        self.put(&format!("{pid}/cmdline"), &format!("{name}\0--word\0"));
        fs::create_dir_all(self.path(&format!("{pid}/fd"))).unwrap();
        self.link(dir, &format!("{pid}/cwd"));
        self.link("/", &format!("{pid}/root"));
    }

    /// This process and its machine, with these processes.
    pub(crate) fn env(&self) -> Env {
        let mut env = env();
        let (table, system) = (self.dir.path().to_owned(), env.processes.clone());
        env.processes = Arc::new(Shown { table, system });
        env
    }
}

/// A process that ends with the value.
pub(crate) struct Child(std::process::Child);

impl Child {
    /// Starts `program` with these arguments in `dir`.
    #[expect(
        clippy::disallowed_methods,
        reason = "a process that is not waited for"
    )]
    pub(crate) fn start(program: &Path, args: &[&str], dir: &Path) -> Self {
        let mut command = std::process::Command::new(program);
        command.args(args).current_dir(dir);
        let child = Self(command.spawn().unwrap());
        // Until the program runs, the child goes by our name.
        let name = program.file_name().unwrap().as_encoded_bytes();
        let comm = format!("/proc/{}/comm", child.pid());
        while !name.starts_with(fs::read(&comm).unwrap().trim_ascii_end()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Stops it, and waits until it is.
    pub(crate) fn stop(&self) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
        let stat = format!("/proc/{}/stat", self.pid());
        while !fs::read_to_string(&stat).unwrap().contains(") T ") {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Ends it without waiting for it, as a kill leaves it.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A shell under another name, in a directory.
pub(crate) fn shell_named(name: &str, dir: &Path) -> PathBuf {
    let path = dir.join(name);
    fs::copy("/bin/sh", &path).unwrap();
    path
}
