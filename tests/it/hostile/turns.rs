//! Which hostile names are tried in a run, and the worlds in which they are.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::arguments::fault;
use super::names::NAMES;
use crate::support::World;

/// A world before the hostile input, kept beside it: each verb starts from there, so that what one
/// did to a task does not keep the next from getting far.
pub struct Kept {
    /// The world.
    pub world: World,
    copy: TempDir,
}

impl Kept {
    fn new() -> Self {
        let world = World::planned();
        world.quietly("claim A-1 --as @bot");
        let copy = tempfile::tempdir().unwrap();
        Self::copied(&world.path(""), copy.path());
        Self { world, copy }
    }

    fn copied(from: &Path, to: &Path) {
        let mut cp = Command::new("cp");
        let cp = cp.arg("-a").arg(from.join(".")).arg(to);
        assert!(cp.status().unwrap().success());
    }

    fn put_back(&self) {
        for entry in std::fs::read_dir(self.world.path("")).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() && !path.is_symlink() {
                true => std::fs::remove_dir_all(path).unwrap(),
                false => std::fs::remove_file(path).unwrap(),
            }
        }
        Self::copied(self.copy.path(), &self.world.path(""));
    }

    /// What is wrong with what a line did.
    pub fn wrong(&self, line: &str, output: &Output) -> Option<String> {
        let canary = self.world.path("canary");
        if canary.exists() {
            std::fs::remove_file(canary).unwrap();
            return Some(format!("{line}\n  ran what it was told"));
        }
        fault(output).map(|fault| format!("{line}\n  {fault}\n  {output:?}"))
    }
}

/// Which names are tried at a place: all of them in the long run, else a third that the seed and
/// the place choose. Three seeds that follow each other have them all.
pub struct Turn {
    seed: Option<usize>,
}

impl Turn {
    /// The turn of this run of a test, which says it.
    pub fn new(test: &str) -> Self {
        if std::env::var_os("LANEWAY_SOAK").is_some() {
            return Self { seed: None };
        }
        let given = std::env::var("LANEWAY_SEED").ok();
        let seed = given.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            usize::try_from(now.as_secs()).unwrap()
        });
        let notice = format!(
            "\n{test}: LANEWAY_SEED={} is this third of the names\n",
            seed % 3
        );
        drop(std::io::stderr().write_all(notice.as_bytes()));
        Self { seed: Some(seed) }
    }

    /// The names for a place.
    pub fn names(&self, place: usize) -> impl Iterator<Item = &'static str> {
        let seed = self.seed;
        let all = NAMES.into_iter().enumerate();
        let chosen =
            all.filter(move |(n, _)| seed.is_none_or(|seed| (n + place + seed).is_multiple_of(3)));
        chosen.map(|(_, name)| name)
    }
}

/// Does `work` for each of `jobs`, on every core, each thread in a world of its own, which is put
/// back after each job. Fails with all that was wrong.
pub fn in_worlds<J: Sync>(jobs: &[J], work: impl Fn(&Kept, usize, &J) -> Vec<String> + Sync) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                let kept = Kept::new();
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(n) else { break };
                    let found = work(&kept, n, job);
                    // Whatever was typed: what it made holds.
                    kept.world.quietly("audit verify");
                    kept.put_back();
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
