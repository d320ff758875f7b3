//! Lanes at work, remotes, processes that race and processes that die: for tests that look at
//! facts, not at transcripts.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::answer::Answer;
use super::world::World;

const PROGRAM: &str = env!("CARGO_BIN_EXE_laneway");

impl World {
    /// A governed world in which a bare remote decides.
    pub fn remote() -> Self {
        let world = Self::new();
        world.git("init -q --bare ../hub.git");
        let url = format!("file://{}", world.path("hub.git").display());
        world.git(&format!("remote add origin {url}"));
        world.git("push -q -u origin main");
        world.quietly("init --authority remote --role A-backend:2 --role B-ui --push");
        world
    }

    /// A governed world of each authority.
    pub fn both() -> [Self; 2] {
        [Self::governed(), Self::remote()]
    }

    /// Whether a remote decides.
    pub fn is_remote(&self) -> bool {
        self.path("hub.git").exists()
    }

    /// The target as the authority has it.
    pub fn target(&self) -> String {
        let dir = if self.is_remote() { "hub.git" } else { "repo" };
        self.git_in(dir, "rev-parse refs/heads/main")
            .trim()
            .to_owned()
    }

    /// Commits a file in a lane; the commit.
    pub fn commit(&self, dir: &str, file: &str, text: &str) -> String {
        self.write_in(dir, file, text);
        self.git_in(dir, "add -A");
        self.git_in(dir, &format!("commit -q -m 'write {file}'"));
        self.git_in(dir, "rev-parse HEAD").trim().to_owned()
    }

    /// Adds and claims a task, commits a file in its lane and hands it off; the commit.
    pub fn submit(&self, id: &str, add: &str, lane: &str, file: &str, text: &str) -> String {
        self.quietly(&format!("add {id} --title Work {add} --as @dana"));
        self.quietly(&format!("claim {id} --as @bot"));
        let commit = self.commit(lane, file, text);
        drop(self.laneway_in(lane, "handoff --next more").code(0));
        commit
    }

    /// Runs laneway until it dies at a fail point.
    #[track_caller]
    pub fn dying(&self, dir: &str, at: &str, line: &str) {
        let mut command = self.command(&self.path(dir), PROGRAM, line);
        let output = command.env("LANEWAY_TEST_DIE_AT", at).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), None, "at {at}: $ {line}\n{stderr}");
    }

    /// Starts laneway and does not wait.
    pub fn start(&self, dir: &str, line: &str) -> Running {
        Running::of(line, &mut self.command(&self.path(dir), PROGRAM, line))
    }

    /// Runs a program in the repository; whether it ended by itself.
    #[allow(dead_code, reason = "for the tests of faults")]
    pub fn ends(&self, program: &str, line: &str) -> bool {
        let mut command = self.command(&self.path("repo"), program, line);
        command.output().unwrap().status.code().is_some()
    }

    /// What the ledger says the status of a task is, by its last event.
    pub fn last_op(&self, id: &str) -> String {
        let answer = self.laneway(&format!("--json log {id} --limit 1")).code(0);
        let op = answer.json()["data"]["entries"][0]["op"].clone();
        op.as_str().unwrap_or("none").to_owned()
    }
}

/// A process under way.
pub struct Running {
    line: String,
    child: Child,
}

impl Running {
    /// Starts a command.
    pub fn of(line: &str, command: &mut Command) -> Self {
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self {
            line: line.to_owned(),
            child: command.spawn().unwrap(),
        }
    }

    /// Waits for its answer; ends it and fails when it takes longer than this. Reads meanwhile: a
    /// full pipe would hold it.
    #[track_caller]
    pub fn within(mut self, limit: Duration) -> Answer {
        let started = Instant::now();
        let stdout = drained(self.child.stdout.take().unwrap());
        let stderr = drained(self.child.stderr.take().unwrap());
        let mut late = false;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if !late && started.elapsed() > limit {
                late = true;
                drop(self.child.kill());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let answer = Answer {
            line: self.line,
            exit: status.code(),
            stdout: stdout.join().unwrap(),
            stderr: stderr.join().unwrap(),
        };
        assert!(!late, "not done within {limit:?}: {answer:?}");
        answer
    }

    /// Waits for its answer.
    pub fn answer(self) -> Answer {
        let output = self.child.wait_with_output().unwrap();
        Answer {
            line: self.line,
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn drained(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

impl Answer {
    /// Fails unless the command said this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        let said = format!("{}{}", self.stdout, self.stderr);
        assert!(
            said.contains(text),
            "$ {}\n{said}does not say {text}",
            self.line
        );
        self
    }
}
