//! Whole-process times of laneway beside floors measured in the same run, as a table.
//!
//! `make bench` runs it and writes BENCHMARKS.md. Compare ratios, not milliseconds: the machines
//! that run this are shared.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a measurement, not a product: it stops at the first surprise and prints"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use laneway::git::{Durability, Expect, NewCommit, RefEdit, Repo, Signature};
use laneway::process::Runner;

const LANEWAY: &str = env!("CARGO_BIN_EXE_laneway");

/// A governed repository of some size in a directory of its own.
struct World {
    root: tempfile::TempDir,
}

impl World {
    fn new(size: usize) -> Self {
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

    fn repo(&self) -> PathBuf {
        self.root.path().join("repo")
    }

    fn plan(&self) -> Vec<u8> {
        fs::read(self.root.path().join("tasks.yaml")).unwrap()
    }

    fn command(&self, program: &str) -> Command {
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
            .env("GIT_AUTHOR_NAME", "b")
            .env("GIT_AUTHOR_EMAIL", "b@example.com")
            .env("GIT_COMMITTER_NAME", "b")
            .env("GIT_COMMITTER_EMAIL", "b@example.com")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command
    }

    fn git(&self, args: &[&str]) {
        let out = self.command("git").args(args).output().unwrap();
        assert!(
            out.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    fn run(&self, args: &[&str]) {
        let out = self.command(LANEWAY).args(args).output().unwrap();
        let code = out.status.code();
        assert!(
            code == Some(0) || code == Some(1),
            "laneway {args:?}: {code:?} {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    fn forget_cache(&self) {
        drop(fs::remove_dir_all(self.root.path().join("cache")));
    }

    /// Median milliseconds of a command.
    fn time(&self, times: usize, cold: bool, args: &[&str]) -> f64 {
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
    fn memory(&self, args: &[&str]) -> Option<f64> {
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
fn tasks(size: usize) -> String {
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

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn percentile(all: &mut [f64], part: f64) -> f64 {
    all.sort_by(f64::total_cmp);
    let at = ((all.len() as f64 - 1.0) * part).round() as usize;
    all[at]
}

/// Starting and ending a process that does nothing.
fn spawn_floor() -> f64 {
    let one = || {
        let start = Instant::now();
        assert!(Command::new("true").status().unwrap().success());
        millis(start.elapsed())
    };
    median((0..30).map(|_| one()).collect())
}

/// One pass of the YAML parser's events over the same bytes.
fn parse_floor(plan: &[u8]) -> f64 {
    let text = std::str::from_utf8(plan).unwrap();
    let one = || {
        let start = Instant::now();
        let events = granit_parser::Parser::new_from_str(text)
            .filter(Result::is_ok)
            .count();
        assert!(events > 0);
        millis(start.elapsed())
    };
    median((0..3).map(|_| one()).collect())
}

/// What a durable claim cannot go below: the same objects written, flushed in parallel, and the ref
/// moved and flushed, in this process; plus starting one.
fn claim_floor(world: &World, spawn: f64) -> f64 {
    let runner = Runner::new(std::env::vars_os().collect());
    let repo = Repo::discover(&world.repo(), &runner).unwrap();
    let name = "refs/heads/floor";
    let mut tip = repo.tip("refs/heads/laneway").unwrap().unwrap();
    let first = RefEdit {
        name: name.to_owned(),
        expect: Expect::Absent,
        new: Some(tip),
    };
    drop(repo.cas(&[first], "floor", Durability::Full).unwrap());
    tip = repo.tip(name).unwrap().unwrap();
    let mut all = Vec::new();
    for n in 0..20 {
        let start = Instant::now();
        let mut writer = repo.writer();
        let text = format!(
            "version: 1\nid: T-{n:06}\nstatus: in_progress\nepoch: 1\nn: {n}\n{}",
            "x".repeat(350)
        );
        let blob = writer.blob(text.as_bytes()).unwrap();
        let path = format!("governance/state/{:02x}/T-{n:06}.yaml", n);
        let tree = writer
            .tree(Some(repo.tree_of(tip).unwrap()), &[(path, Some(blob))])
            .unwrap();
        let who = Signature {
            name: "b".into(),
            email: "b@example.com".into(),
            seconds: n,
            offset: 0,
        };
        let commit = writer
            .commit(&NewCommit {
                tree,
                parents: vec![tip],
                author: who.clone(),
                committer: who,
                message: format!("claim {n}\n\n{}\n", "y".repeat(500)),
            })
            .unwrap();
        writer.sync().unwrap();
        let edit = RefEdit {
            name: name.to_owned(),
            expect: Expect::At(tip),
            new: Some(commit),
        };
        drop(repo.cas(&[edit], "floor", Durability::Full).unwrap());
        tip = commit;
        all.push(millis(start.elapsed()));
    }
    let last = RefEdit {
        name: name.to_owned(),
        expect: Expect::At(tip),
        new: None,
    };
    drop(repo.cas(&[last], "floor", Durability::Fast).unwrap());
    median(all) + spawn
}

/// Claims per second of several processes at once, each a process per claim; with p50 and p99.
fn race(world: &World, processes: usize, each: usize, from: usize) -> (f64, f64, f64) {
    let start = Instant::now();
    let mut all: Vec<f64> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..processes)
            .map(|worker| {
                scope.spawn(move || {
                    let mut times = Vec::new();
                    for n in 0..each {
                        // Tasks without dependency: every fourth has one.
                        let number = (from + worker * each + n) * 4;
                        let number = if number % 10 == 9 { number + 1 } else { number };
                        let id = format!("T-{number:06}");
                        let start = Instant::now();
                        world.run(&["claim", &id, "--no-worktree"]);
                        times.push(millis(start.elapsed()));
                    }
                    times
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    let rate = (processes * each) as f64 / start.elapsed().as_secs_f64();
    (rate, percentile(&mut all, 0.5), percentile(&mut all, 0.99))
}

fn row(
    table: &mut String,
    size: usize,
    what: &str,
    ms: f64,
    floor: (&str, f64),
    memory: Option<f64>,
) {
    let memory = memory.map_or("–".to_owned(), |mb| format!("{mb:.0}"));
    let (name, base) = floor;
    let ratio = if base > 0.0 {
        format!("{:.1}", ms / base)
    } else {
        "–".to_owned()
    };
    let base = if base > 0.0 {
        format!("{base:.1}")
    } else {
        "–".to_owned()
    };
    let line = format!("| {size} | {what} | {ms:.1} | {name} | {base} | {ratio} | {memory} |");
    println!("{line}");
    writeln!(table, "{line}").unwrap();
}

fn measure(size: usize, spawn: f64, table: &mut String) {
    let world = World::new(size);
    let times = if size >= 100_000 { 5 } else { 9 };
    let start = ("spawn of `true`", spawn);
    row(
        table,
        size,
        "`--version`",
        world.time(20, false, &["--version"]),
        start,
        None,
    );
    let parse = parse_floor(&world.plan());
    let pass = ("one pass of the YAML parser", parse);
    let cold = world.time(3, true, &["ready", "--limit", "10"]);
    row(
        table,
        size,
        "`ready --limit 10`, cold",
        cold,
        pass,
        world.memory(&["ready"]),
    );
    let show = world.time(3, true, &["show", "T-000500"]);
    row(table, size, "`show`, cold", show, pass, None);
    for args in [
        &["ready", "--limit", "10"][..],
        &["ready"],
        &["show", "T-000500"],
        &["list", "--json"],
    ] {
        let what = format!("`{}`, warm", args.join(" "));
        row(
            table,
            size,
            &what,
            world.time(times, false, args),
            start,
            world.memory(args),
        );
    }
    let mut all = Vec::new();
    for added in 0..5 {
        let id = format!("N-{added}");
        let start = Instant::now();
        world.run(&["add", &id, "--title", "New", "--role", "A"]);
        all.push(millis(start.elapsed()));
    }
    row(table, size, "`add`", median(all), start, None);
    let floor = claim_floor(&world, spawn);
    let durable = ("the same objects and ref, flushed", floor);
    let mut all = Vec::new();
    for n in 0..15 {
        let id = format!("T-{:06}", n * 4 + 160);
        let start = Instant::now();
        world.run(&["claim", &id, "--no-worktree"]);
        all.push(millis(start.elapsed()));
    }
    row(
        table,
        size,
        "`claim ID --no-worktree`",
        median(all),
        durable,
        None,
    );
    let mut all = Vec::new();
    for _ in 0..15 {
        let start = Instant::now();
        world.run(&["claim", "--role", "A", "--no-worktree"]);
        all.push(millis(start.elapsed()));
    }
    let memory = world.memory(&["claim", "--role", "A", "--no-worktree"]);
    row(
        table,
        size,
        "`claim --role A --no-worktree`",
        median(all),
        durable,
        memory,
    );
    row(
        table,
        size,
        "`claim` with a worktree, commit, `handoff`, `merge --dry-run`",
        cycle(&world),
        start,
        None,
    );
    row(
        table,
        size,
        "`validate`",
        world.time(1, false, &["validate"]),
        pass,
        world.memory(&["validate"]),
    );
}

/// A whole cycle: claim, commit, hand off, merge.
fn cycle(world: &World) -> f64 {
    let start = Instant::now();
    world.run(&["claim", "T-000009", "--lane", "B"]);
    let lane = world.root.path().join("repo-B");
    let file = lane.join("internal/part9/a.txt");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "x\n").unwrap();
    let in_lane = |args: &[&str]| {
        let out = world
            .command("git")
            .current_dir(&lane)
            .args(args)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    };
    in_lane(&["add", "."]);
    in_lane(&["commit", "-qm", "work"]);
    world.run(&["handoff", "T-000009", "--next", "nothing"]);
    world.run(&["merge", "T-000009", "--dry-run"]);
    millis(start.elapsed())
}

fn races(size: usize, text: &mut String) {
    let world = World::new(size);
    let mut from = 100;
    for durability in ["full", "fast"] {
        if durability == "fast" {
            let policy = world.repo().join("governance/policy.yaml");
            let rules = fs::read_to_string(&policy).unwrap() + "\ndurability: fast\n";
            fs::write(&policy, rules).unwrap();
            world.git(&["commit", "-qam", "fast"]);
        }
        for processes in [1, 2, 4, 8] {
            let each = 48 / processes;
            let (rate, p50, p99) = race(&world, processes, each, from);
            from += 60;
            let line = format!("| {durability} | {processes} | {rate:.0} | {p50:.0} | {p99:.0} |");
            println!("{line}");
            writeln!(text, "{line}").unwrap();
        }
    }
}

fn main() {
    // `cargo test` builds benches and asks them for their tests: there are none.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let sizes = std::env::var("BENCH_SIZES").unwrap_or_else(|_| "1000,10000,100000".to_owned());
    let sizes: Vec<usize> = sizes
        .split(',')
        .filter_map(|size| size.parse().ok())
        .collect();
    let spawn = spawn_floor();
    let mut table = String::new();
    println!("| tasks | what | ms | floor | ms | ratio | peak MB |\n|---|---|---|---|---|---|---|");
    for size in sizes {
        measure(size, spawn, &mut table);
    }
    let mut text = String::new();
    println!("| durability | processes | claims/s | p50 ms | p99 ms |\n|---|---|---|---|---|");
    races(6000, &mut text);
    write_report(Path::new("BENCHMARKS.md"), &table, &text);
}

fn write_report(path: &Path, table: &str, races: &str) {
    let report = format!(
        "# Benchmarks\n\nWhole processes, medians, beside floors measured in the same run. Compare \
         ratios, not milliseconds: the machine is shared.\nRepeat with `make bench` \
         (`BENCH_SIZES=1000` for a short run); peak memory needs GNU time.\n\n\
         | tasks | what | ms | floor | ms | ratio | peak MB |\n|---|---|---|---|---|---|---|\n{table}\n\
         ## Claims at once\n\nOne process per claim, different tasks, 6,000 tasks, local authority, \
         no worktree.\n\n| durability | processes | claims/s | p50 ms | p99 ms |\n|---|---|---|---|---|\n{races}"
    );
    fs::write(path, report).unwrap();
}
