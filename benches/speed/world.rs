//! A governed repository to measure in, alone or with a remote and several clones.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use laneway::env::Env;
use laneway::git::Repo;
use laneway::ledger::Ledger;
use laneway::process::Runner;

use crate::figures::{median, millis};

/// The program under measurement.
pub const LANEWAY: &str = env!("CARGO_BIN_EXE_laneway");

/// A governed repository of some size in a directory of its own.
pub struct World {
    root: tempfile::TempDir,
}

impl World {
    pub fn new(size: usize) -> Self {
        let world = Self {
            root: tempfile::tempdir().unwrap(),
        };
        let repo = world.repo();
        fs::create_dir_all(&repo).unwrap();
        world.git(&["init", "-qb", "main"]);
        fs::write(repo.join("README"), "a\n").unwrap();
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", "first"]);
        world.run(&["init", "--role", "A:2000", "--role", "B:2"]);
        let plan = world.root.path().join("tasks.yaml");
        fs::write(&plan, tasks(size)).unwrap();
        world.run(&["add", "--file", plan.to_str().unwrap()]);
        world
    }

    /// A world in which a bare remote decides, with so many clones of it.
    pub fn remote(size: usize, clones: usize) -> Self {
        let world = Self {
            root: tempfile::tempdir().unwrap(),
        };
        let repo = world.repo();
        fs::create_dir_all(&repo).unwrap();
        world.git(&["init", "-qb", "main"]);
        fs::write(repo.join("README"), "a\n").unwrap();
        world.git(&["add", "."]);
        world.git(&["commit", "-qm", "first"]);
        let hub = world.root.path().join("hub.git");
        let url = format!("file://{}", hub.display());
        world.git(&["init", "-q", "--bare", "-b", "main", hub.to_str().unwrap()]);
        world.git(&["remote", "add", "origin", &url]);
        world.git(&["push", "-q", "origin", "main"]);
        let init = [
            "init",
            "--authority",
            "remote",
            "--role",
            "A:2000",
            "--role",
            "B:2",
            "--push",
        ];
        world.run(&init);
        let plan = world.root.path().join("tasks.yaml");
        fs::write(&plan, tasks(size)).unwrap();
        world.run(&["add", "--file", plan.to_str().unwrap()]);
        world.git(&[
            "push",
            "-q",
            "origin",
            "refs/remotes/origin/laneway:refs/heads/plumbing",
        ]);
        for n in 0..clones {
            let dir = world.root.path().join(format!("clone-{n}"));
            world.git(&["clone", "-q", &url, dir.to_str().unwrap()]);
        }
        world
    }

    /// The clones of the remote.
    pub fn clones(&self) -> Vec<PathBuf> {
        (0..)
            .map(|n| self.root.path().join(format!("clone-{n}")))
            .take_while(|dir| dir.exists())
            .collect()
    }

    pub fn repo(&self) -> PathBuf {
        self.root.path().join("repo")
    }

    pub fn plan(&self) -> Vec<u8> {
        fs::read(self.root.path().join("tasks.yaml")).unwrap()
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.repo())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.root.path())
            .env("LANEWAY_AGENT", "@bench")
            .env("LANEWAY_CACHE_DIR", self.root.path().join("cache"))
            .env("LANEWAY_STATE_DIR", self.root.path().join("state"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // Nothing tidies in the background of a measurement.
            .env("CI", "true")
            .env("GIT_AUTHOR_NAME", "b")
            .env("GIT_AUTHOR_EMAIL", "b@example.com")
            .env("GIT_COMMITTER_NAME", "b")
            .env("GIT_COMMITTER_EMAIL", "b@example.com")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    pub fn git(&self, args: &[&str]) {
        let out = self.command("git").args(args).output().unwrap();
        assert!(
            out.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    pub fn run(&self, args: &[&str]) {
        self.run_in(&self.repo(), args, &[]);
    }

    /// Runs git in a directory; its output.
    pub fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let mut command = self.command("git");
        let out = command
            .current_dir(dir)
            .args(args)
            .stdout(Stdio::piped())
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    }

    /// Runs laneway in a directory, with more of an environment.
    pub fn run_in(&self, dir: &Path, args: &[&str], more: &[(&str, &str)]) {
        let mut command = self.command(LANEWAY);
        let out = command
            .current_dir(dir)
            .envs(more.iter().copied())
            .args(args)
            .output()
            .unwrap();
        let code = out.status.code();
        assert!(
            code == Some(0) || code == Some(1),
            "laneway {args:?}: {code:?} {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    /// The environment for library calls: this process's, with the caches of this world.
    pub fn env(&self) -> Env {
        let mut env = Env::of_process().unwrap();
        let cache = self.root.path().join("cache");
        env.vars.insert("LANEWAY_CACHE_DIR".into(), cache.into());
        env.vars.insert("GIT_CONFIG_NOSYSTEM".into(), "1".into());
        env
    }

    /// Its ledger, for library calls.
    pub fn ledger(&self) -> Ledger {
        let env = self.env();
        let runner = Runner::new(env.vars.clone());
        let repo = Repo::discover(&self.repo(), &runner).unwrap();
        Ledger::open(repo, &env, None).unwrap()
    }

    pub fn forget_cache(&self) {
        drop(fs::remove_dir_all(self.root.path().join("cache")));
    }

    /// Median milliseconds of a command.
    pub fn time(&self, times: usize, cold: bool, args: &[&str]) -> f64 {
        let mut all = Vec::new();
        for n in 0..=times {
            if cold {
                self.forget_cache();
            }
            let start = Instant::now();
            self.run(args);
            if n > 0 {
                all.push(millis(start.elapsed()));
            }
        }
        median(all)
    }

    /// Peak resident memory in megabytes, by GNU time where it is installed.
    pub fn memory(&self, args: &[&str]) -> Option<f64> {
        let mut command = self.command("/usr/bin/time");
        let out = command
            .args(["-f", "%M", LANEWAY])
            .args(args)
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        text.lines()
            .last()?
            .trim()
            .parse::<f64>()
            .ok()
            .map(|kib| kib / 1024.0)
    }
}

/// A plan of about 580 bytes a task: comments, block and flow lists, notes, text beyond ASCII.
pub fn tasks(size: usize) -> String {
    let mut text = String::from("version: 1\ntasks:\n");
    for n in 0..size {
        if n % 15 == 0 {
            writeln!(text, "  # part {}: naïve comments stay", n / 15).unwrap();
        }
        let role = if n % 10 == 9 { "B" } else { "A" };
        writeln!(
            text,
            "  - id: T-{n:06}\n    title: Task {n} of the plan – größer"
        )
        .unwrap();
        writeln!(text, "    type: backend_feature\n    role: {role}").unwrap();
        writeln!(text, "    priority: {}\n    sequence: {n}", 1 + n % 5).unwrap();
        if n % 4 == 3 {
            writeln!(text, "    depends_on: [T-{:06}]", n - 1).unwrap();
        }
        writeln!(text, "    owned_paths:\n      - internal/part{n}/**").unwrap();
        writeln!(
            text,
            "    acceptance_checks:\n      - go test ./internal/part{n}/..."
        )
        .unwrap();
        writeln!(text, "    created_at: 2026-11-20T09:00:00Z\n    notes: |").unwrap();
        for line in [
            "Context: what came before.",
            "Scope: this part and no other, as agreed.",
        ] {
            writeln!(
                text,
                "      {line} Lorem ipsum dolor sit amet, consectetur {n}."
            )
            .unwrap();
        }
        writeln!(
            text,
            "      Deliverables: code, tests, a line in the change log, nothing else."
        )
        .unwrap();
    }
    text
}
