use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::answer::Answer;
use super::normal::normal;
use super::schema;
use super::words::words;

/// A directory with a home, a git configuration and a clock of its own, and a repository `repo`
/// with one commit on `main`. Nothing of the machine it runs on is seen but `PATH`.
pub struct World {
    root: TempDir,
    now: RefCell<String>,
    told: RefCell<String>,
    variables: RefCell<Vec<(String, String)>>,
}

impl World {
    /// A world with a repository that is not governed yet.
    pub fn new() -> Self {
        let world = Self {
            root: tempfile::Builder::new().prefix("lw-").tempdir().unwrap(),
            now: RefCell::new("2026-11-20T09:00:00Z".to_owned()),
            told: RefCell::default(),
            variables: RefCell::default(),
        };
        for dir in ["home", "tmp", "repo"] {
            fs::create_dir(world.path(dir)).unwrap();
        }
        let config = "[user]\n\tname = Test\n\temail = test@example.com\n\
            [init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[advice]\n\tdetachedHead = false\n";
        fs::write(world.path("gitconfig"), config).unwrap();
        world.git("init -q");
        world.write("README", "hello\n");
        world.git("add .");
        world.git("commit -q -m first");
        world
    }

    /// A world whose repository is governed: roles `A-backend` with two lanes and `B-ui` with one.
    pub fn governed() -> Self {
        let world = Self::new();
        world.quietly("init --role A-backend:2 --role B-ui");
        world
    }

    /// A governed world with the tasks `A-1` and `A-2` (which depends on it) of `A-backend`, and
    /// `B-1` of `B-ui`, planned by `@dana`.
    pub fn planned() -> Self {
        let world = Self::governed();
        let tasks = [
            "A-1 --title 'Retry budget' --role A-backend",
            "A-2 --title 'Use the budget' --role A-backend --depends-on A-1",
            "B-1 --title 'Show the budget' --role B-ui",
        ];
        for task in tasks {
            world.quietly(&format!("add {task} --as @dana"));
        }
        world
    }

    /// Commits a line more of the policy, in place of the one with its key.
    pub fn rule(&self, line: &str) {
        let path = self.path("repo/governance/policy.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let (key, _) = line.split_once(':').unwrap();
        let kept = text.lines().filter(|old| !old.starts_with(key));
        let text: Vec<&str> = kept.chain([line]).collect();
        self.write("governance/policy.yaml", &(text.join("\n") + "\n"));
        self.git("add governance");
        self.git("commit -q -m 'Change the policy'");
    }

    /// A path below the root of the world.
    pub fn path(&self, below: &str) -> PathBuf {
        self.root().join(below)
    }

    fn root(&self) -> &Path {
        self.root.path()
    }

    /// Writes a file of the repository.
    pub fn write(&self, file: &str, text: &str) {
        self.write_in("repo", file, text);
    }

    /// Writes a file in a directory of the world.
    pub fn write_in(&self, dir: &str, file: &str, text: &str) {
        let path = self.path(dir).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Sets the clock.
    pub fn at(&self, now: &str) {
        *self.now.borrow_mut() = now.to_owned();
        self.tell(&format!("# {now}\n"));
    }

    /// Sets an environment variable for all that is started from now on.
    pub fn set(&self, name: &str, value: &str) {
        let variable = (name.to_owned(), value.to_owned());
        self.variables.borrow_mut().push(variable);
    }

    /// Takes back what [`set`](Self::set) set.
    pub fn unset(&self, name: &str) {
        self.variables.borrow_mut().retain(|(set, _)| set != name);
    }

    /// Runs git in the repository; its output.
    pub fn git(&self, line: &str) -> String {
        self.git_in("repo", line)
    }

    /// Runs git in a directory of the world; its output.
    #[track_caller]
    pub fn git_in(&self, dir: &str, line: &str) -> String {
        let output = self.output(&self.path(dir), "git", line);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "$ git {line}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs laneway in the repository; it goes into the transcript.
    #[track_caller]
    #[must_use = "say which exit code is expected: `.code(0)`"]
    pub fn laneway(&self, line: &str) -> Answer {
        self.laneway_in("repo", line)
    }

    /// Runs laneway in a directory of the world; it goes into the transcript.
    #[track_caller]
    #[must_use = "say which exit code is expected: `.code(0)`"]
    pub fn laneway_in(&self, dir: &str, line: &str) -> Answer {
        let answer = self.run(dir, line);
        let place = if dir == "repo" {
            String::new()
        } else {
            format!("{dir} ")
        };
        self.tell(&format!("{place}$ laneway {line}\n"));
        self.tell(&shown(&answer));
        match answer.exit {
            Some(0) => self.tell("\n"),
            Some(code) => self.tell(&format!("[exit {code}]\n\n")),
            None => self.tell("[killed]\n\n"),
        }
        answer
    }

    /// Runs laneway in a directory of the world with a line of input.
    #[must_use = "say which exit code is expected: `.code(0)`"]
    #[allow(dead_code, reason = "for hooks")]
    pub fn laneway_fed(&self, dir: &str, line: &str, input: &str) -> Answer {
        use std::io::Write as _;
        let program = env!("CARGO_BIN_EXE_laneway");
        let mut command = self.command(&self.path(dir), program, line);
        command.stdin(std::process::Stdio::piped());
        command.stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{input}\n").as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Answer {
            line: line.to_owned(),
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs laneway as a part of the setting; the transcript does not tell it.
    #[track_caller]
    pub fn quietly(&self, line: &str) {
        drop(self.run("repo", line).code(0));
    }

    /// What was typed and answered so far, without what differs from run to run.
    pub fn transcript(&self) -> String {
        normal(&self.told.borrow(), self.root())
    }

    fn tell(&self, text: &str) {
        self.told.borrow_mut().push_str(text);
    }

    fn run(&self, dir: &str, line: &str) -> Answer {
        let program = env!("CARGO_BIN_EXE_laneway");
        let output = self.output(&self.path(dir), program, line);
        Answer {
            line: line.to_owned(),
            exit: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn output(&self, dir: &Path, program: &str, line: &str) -> Output {
        self.command(dir, program, line).output().unwrap()
    }

    /// A command in the world, not started yet.
    pub fn command(&self, dir: &Path, program: &str, line: &str) -> Command {
        let mut command = Command::new(program);
        command
            .args(words(line))
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("home/config"))
            .env("XDG_CACHE_HOME", self.path("home/cache"))
            .env("XDG_STATE_HOME", self.path("home/state"))
            .env("TMPDIR", self.path("tmp"))
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", &*self.now.borrow())
            .env("GIT_COMMITTER_DATE", &*self.now.borrow())
            .env("LANEWAY_TEST_NOW", &*self.now.borrow())
            .envs(self.variables.borrow().iter().cloned());
        command
    }
}

/// An answer as it goes into the transcript; JSON is checked against its schema and spread out.
#[track_caller]
fn shown(answer: &Answer) -> String {
    let mut text = match serde_json::from_str::<Value>(&answer.stdout) {
        Ok(value) if value.get("command").is_some() => {
            schema::check(&value);
            format!("{value:#}\n")
        }
        _ => answer.stdout.clone(),
    };
    for line in answer.stderr.lines() {
        text.push_str(format!("! {line}").trim_end());
        text.push('\n');
    }
    text
}
