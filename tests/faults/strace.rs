//! Programs under strace: what they ask of the kernel, and what becomes of them when the kernel
//! lets them die there, or says no.

use std::fs;
use std::process::Command;

use crate::machine::Need;
use crate::support::{Answer, World};

/// What a test with strace needs.
pub const NEEDS: &[Need] = &[Need::Program("strace"), Need::Ptrace];

/// The calls that change files, locks or streams, and those that open and close them.
pub const CALLS: &str = "openat,write,pwrite64,rename,renameat,renameat2,link,linkat,symlink,\
                         unlink,unlinkat,rmdir,mkdir,mkdirat,fsync,fdatasync,flock,ftruncate,close";

/// The binary that is tested.
pub const LANEWAY: &str = env!("CARGO_BIN_EXE_laneway");

/// A system call that a program made.
#[derive(Debug, Clone)]
pub struct Call {
    /// How many of its name its thread had made with it: strace's `when`, which counts every name
    /// on its own, whatever else is traced.
    pub when: usize,
    /// Its name.
    pub name: String,
    /// Its arguments as strace shows them, descriptors with their paths.
    pub rest: String,
}

impl Call {
    /// Whether a process that dies before this call leaves less behind than one that dies after it.
    pub fn changes(&self) -> bool {
        match self.name.as_str() {
            "close" => false,
            "openat" => self.rest.contains("O_CREAT") || self.rest.contains("O_TRUNC"),
            "write" | "pwrite64" => self.is_on_file() || self.is_answer(),
            _ => true,
        }
    }

    /// Whether it is about a file below one of the world's directories.
    pub fn is_on_file(&self) -> bool {
        self.rest.contains("</tmp/lw-") || self.rest.contains("\"/tmp/lw-")
    }

    /// Whether it writes to standard output: from there on the command has answered.
    pub fn is_answer(&self) -> bool {
        self.name == "write" && (self.rest.starts_with("1<") || self.rest.starts_with("1,"))
    }
}

impl World {
    /// Runs laneway under another program, such as strace.
    #[must_use = "say which exit code is expected: `.code(0)`"]
    pub fn under(&self, dir: &str, wrapper: &str, line: &str) -> Answer {
        let line = format!("{wrapper} {LANEWAY} {line}");
        let (program, rest) = line.split_once(' ').unwrap();
        let command = self.command(&self.path(dir), program, rest);
        answer(command, &line)
    }

    /// Runs laneway; the transcript does not tell it.
    #[must_use = "say which exit code is expected: `.code(0)`"]
    pub fn ask(&self, dir: &str, line: &str) -> Answer {
        answer(self.command(&self.path(dir), LANEWAY, line), line)
    }

    /// Runs laneway to its end and tells the calls of its main thread.
    pub fn calls(&self, dir: &str, calls: &str, line: &str) -> Vec<Call> {
        self.traced(
            dir,
            &format!("-y -e trace={calls}"),
            &format!("{LANEWAY} {line}"),
        )
    }

    /// Runs laneway to its end and tells the calls of all its threads and children, as they began.
    pub fn calls_of_all(&self, dir: &str, calls: &str, line: &str) -> Vec<Call> {
        let options = format!("-f -y -e trace={calls}");
        self.traced(dir, &options, &format!("{LANEWAY} {line}"))
    }

    /// Runs git to its end and tells its calls.
    pub fn calls_of_git(&self, dir: &str, line: &str) -> Vec<Call> {
        self.traced(dir, &format!("-y -e trace={CALLS}"), &format!("git {line}"))
    }

    fn traced(&self, dir: &str, options: &str, line: &str) -> Vec<Call> {
        let log = self.path("tmp/strace");
        let all = format!("-s 512 -o {} {options} {line}", log.display());
        drop(answer(self.command(&self.path(dir), "strace", &all), &all).code(0));
        parse(&fs::read_to_string(log).unwrap())
    }

    /// Runs git while something happens at one of its calls.
    #[must_use = "look at how it ended"]
    pub fn injected_git(&self, dir: &str, at: &Injection<'_>, line: &str) -> Answer {
        let all = format!("{} git {line}", at.wrapper());
        let (program, rest) = all.split_once(' ').unwrap();
        answer(self.command(&self.path(dir), program, rest), &all)
    }

    /// Runs laneway while something happens at one of its calls.
    #[must_use = "look at how it ended"]
    pub fn injected(&self, dir: &str, at: &Injection<'_>, line: &str) -> Answer {
        self.under(dir, &at.wrapper(), line)
    }
}

/// What is to happen to a program, and where.
#[derive(Debug, Clone, Copy)]
pub struct Injection<'a> {
    /// Whether threads and children count their calls too.
    pub follow: bool,
    /// The call that counts.
    pub call: &'a str,
    /// `signal=KILL`, `error=EIO`.
    pub what: &'a str,
    /// At which of these calls, from 1.
    pub when: usize,
}

impl Injection<'_> {
    /// The command that runs another one with it.
    pub fn wrapper(&self) -> String {
        let Self {
            call, what, when, ..
        } = self;
        let follow = if self.follow { "-f " } else { "" };
        format!("strace {follow}-o /dev/null -e trace={call} -e inject={call}:{what}:when={when}")
    }
}

/// Runs a command to its end.
pub fn answer(mut command: Command, line: &str) -> Answer {
    let output = command.output().unwrap();
    Answer {
        line: line.to_owned(),
        exit: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Reads strace's log: calls in the order in which they began, counted per thread and name.
fn parse(log: &str) -> Vec<Call> {
    let mut counts = std::collections::BTreeMap::<(&str, &str), usize>::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let (pid, text) = line.split_at(digits);
        let text = text.trim_start();
        let Some((name, rest)) = text.split_once('(') else {
            continue;
        };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let count = counts.entry((pid, name)).or_default();
        *count += 1;
        calls.push(Call {
            when: *count,
            name: name.to_owned(),
            rest: rest.to_owned(),
        });
    }
    calls
}

#[test]
fn calls_are_counted_per_thread_and_name() {
    let log = "7 openat(AT_FDCWD</tmp/lw-1>, \"/tmp/lw-1/a\", O_RDONLY) = 3\n\
               7 fsync(3</tmp/lw-1/a> <unfinished ...>\n\
               8 fsync(4</tmp/lw-1/b>) = 0\n\
               7 <... fsync resumed>) = 0\n\
               7 --- SIGCHLD {si_signo=SIGCHLD} ---\n\
               7 write(1<pipe:[5]>, \"claimed\", 7) = 7\n";
    let calls = parse(log);
    let seen: Vec<_> = calls
        .iter()
        .map(|call| (call.when, call.name.as_str(), call.changes()))
        .collect();
    let expected = [
        (1, "openat", false),
        (1, "fsync", true),
        (1, "fsync", true),
        (1, "write", true),
    ];
    assert_eq!(seen, expected);
    assert!(calls[3].is_answer() && calls[1].is_on_file());
}
