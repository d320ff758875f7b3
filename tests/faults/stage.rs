//! A prepared world that every try starts from anew, and what must be true of it after each.

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{Answer, World};

/// How long the next command may take after a fault (P7).
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A world and a copy of how it was prepared.
pub struct Stage {
    /// The world.
    pub world: World,
    saved: TempDir,
}

impl Stage {
    /// Keeps how the world is now.
    pub fn of(world: World) -> Self {
        let saved = tempfile::Builder::new()
            .prefix("lw-saved-")
            .tempdir()
            .unwrap();
        let stage = Self { world, saved };
        let (world, saved) = stage.places();
        shell(&format!("cp -a --reflink=auto {world}/. {saved}"));
        // Memory is faster, above all where others flush; without the right to mount, the disk does.
        shell(&format!("mount -t tmpfs laneway {world} 2>/dev/null || :"));
        stage.reset();
        stage
    }

    /// Keeps how the world is now instead.
    pub fn again(self) -> Self {
        let (world, saved) = self.places();
        shell(&format!(
            "rm -rf {saved}/* && cp -a --reflink=auto {world}/. {saved}"
        ));
        self
    }

    /// Brings that back, at the same place.
    pub fn reset(&self) {
        let (world, saved) = self.places();
        shell(&format!(
            "rm -rf {world}/* && cp -a --reflink=auto {saved}/. {world}"
        ));
    }

    fn places(&self) -> (String, String) {
        let show = |path: &std::path::Path| path.display().to_string();
        let world = self.world.path("repo");
        (show(world.parent().unwrap()), show(self.saved.path()))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let (world, _) = self.places();
        shell(&format!("umount -l {world} 2>/dev/null || :"));
    }
}

/// Runs a script of ours; it must succeed.
#[track_caller]
pub fn shell(script: &str) {
    let output = Command::new("sh").args(["-c", script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{stderr}");
}

/// Tries every case, each on a fresh stage, on two stages at a time; tells all that failed.
pub fn each<T: Sync + Debug>(
    cases: &[T],
    prepare: impl Fn() -> Stage + Sync,
    check: impl Fn(&World, &T) + Sync,
) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let work = || {
        let stage = prepare();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            stage.reset();
            let tried = catch_unwind(AssertUnwindSafe(|| check(&stage.world, case)));
            if let Err(panic) = tried {
                failed.lock().unwrap().push((case, message(&*panic)));
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let failed = failed.into_inner().unwrap();
    let told: Vec<_> = failed
        .iter()
        .map(|(case, why)| format!("{case:?}: {why}"))
        .collect();
    let (count, of) = (failed.len(), cases.len());
    assert!(
        told.is_empty(),
        "{count} of {of} failed\n{}",
        told.join("\n\n")
    );
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

/// Some of these, chosen by a seed that is told: `LANEWAY_SEED`, else the clock.
pub fn sample<T: Clone>(all: &[T], count: usize) -> Vec<T> {
    let mut seed = Seed::new();
    let mut all = all.to_vec();
    let mut chosen = Vec::new();
    while chosen.len() < count && !all.is_empty() {
        let at = seed.below(all.len());
        chosen.push(all.swap_remove(at));
    }
    chosen
}

/// A sequence of numbers that comes again with the same seed.
pub struct Seed(u64);

impl Seed {
    /// The seed of `LANEWAY_SEED`, else one of the clock; a failing test's output shows it.
    #[expect(
        clippy::print_stdout,
        reason = "the harness shows it of a test that fails"
    )]
    pub fn new() -> Self {
        let given = std::env::var("LANEWAY_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let now = std::time::SystemTime::now();
            let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
            u64::from(now.subsec_nanos())
        });
        println!("LANEWAY_SEED={seed}");
        Self(seed)
    }

    /// The next number below `bound` (xorshift).
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound.max(1) as u64).unwrap()
    }
}

/// One ledger commit, by its trailers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The commit.
    pub commit: String,
    /// The verb.
    pub op: String,
    /// The task it names.
    pub task: String,
    /// Who.
    pub agent: String,
    /// The epoch; empty where it has none.
    pub epoch: String,
    /// The id of the request.
    pub id: String,
}

impl World {
    /// The ledger of a repository of this world, oldest commit first.
    pub fn ledger(&self, dir: &str) -> Vec<Entry> {
        let keys = ["Op", "Task", "Agent", "Epoch", "Id"];
        let keys =
            keys.map(|key| format!("%x09%(trailers:key=Laneway-{key},valueonly,separator=)"));
        let format = format!("%H{}", keys.concat());
        let line = format!("log --first-parent --reverse '--format={format}' refs/heads/laneway");
        let log = self.git_in(dir, &line);
        let entry = |line: &str| {
            let mut parts = line.split('\t').map(|part| part.trim().to_owned());
            let mut next = || parts.next().unwrap_or_default();
            Entry {
                commit: next(),
                op: next(),
                task: next(),
                agent: next(),
                epoch: next(),
                id: next(),
            }
        };
        log.lines().map(entry).collect()
    }

    /// The epochs of all claims of a task, in the order of the ledger.
    pub fn epochs(&self, dir: &str, task: &str) -> Vec<String> {
        let ledger = self.ledger(dir).into_iter();
        let claims = ledger.filter(|entry| entry.op == "claim" && entry.task == task);
        claims.map(|entry| entry.epoch).collect()
    }

    /// Fails unless git finds the repository whole, and laneway its files valid and its history
    /// what its requests give.
    #[track_caller]
    pub fn is_sound(&self, dir: &str) {
        self.git_in(dir, "fsck --strict --connectivity-only --no-dangling");
        for line in ["validate", "audit verify"] {
            let answer = self.ask(dir, line);
            let said = format!("{}{}", answer.stdout, answer.stderr);
            assert_eq!(answer.exit, Some(0), "$ laneway {line}\n{said}");
        }
    }

    /// Runs laneway; it must succeed, and within [`PATIENCE`].
    #[track_caller]
    pub fn promptly(&self, dir: &str, line: &str) -> Answer {
        let start = Instant::now();
        let answer = self.ask(dir, line);
        let (took, said) = (
            start.elapsed(),
            format!("{}{}", answer.stdout, answer.stderr),
        );
        assert_eq!(answer.exit, Some(0), "$ laneway {line}\n{said}");
        assert!(took < PATIENCE, "$ laneway {line} took {took:?}");
        answer
    }
}
