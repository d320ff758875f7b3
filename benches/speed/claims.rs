//! Claims per second of several processes at once, each a process per claim.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::figures::{millis, percentile};
use crate::plumbing;
use crate::world::World;

/// Tasks of a world: each is claimed once.
const TASKS: usize = 4000;
/// Claims of one measurement.
const CLAIMS: usize = 96;

/// Who makes the claims of one row.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// laneway, its publications shared.
    Shared,
    /// laneway, each process publishing alone.
    Alone,
    /// git's own commands.
    Plumbing,
}

/// Where a row is measured, and how far it has claimed.
struct Place {
    world: World,
    /// The directories to claim in, in turn.
    dirs: Vec<PathBuf>,
    remote: bool,
    next: usize,
}

impl Place {
    fn local(durability: &str) -> Self {
        let world = World::new(TASKS);
        if durability == "fast" {
            let policy = world.repo().join("governance/policy.yaml");
            let rules = fs::read_to_string(&policy).unwrap() + "\ndurability: fast\n";
            fs::write(&policy, rules).unwrap();
            world.git(&["commit", "-qam", "fast"]);
        }
        world.git(&["update-ref", plumbing::BRANCH, "refs/heads/laneway"]);
        let dirs = vec![world.repo()];
        Self {
            world,
            dirs,
            remote: false,
            next: 100,
        }
    }

    fn remote(clones: usize) -> Self {
        let world = World::remote(TASKS, clones);
        let dirs = world.clones();
        Self {
            world,
            dirs,
            remote: true,
            next: 100,
        }
    }

    /// Claims per second, p50 and p99 in milliseconds.
    fn race(&mut self, by: By, processes: usize, claims: usize) -> (f64, f64, f64) {
        let each = (claims / processes).max(3);
        let (from, world) = (self.next, &self.world);
        self.next += processes * each + 10;
        let start = Instant::now();
        let mut all: Vec<f64> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..processes)
                .map(|worker| {
                    let dir = &self.dirs[worker % self.dirs.len()];
                    let remote = self.remote;
                    scope.spawn(move || {
                        (0..each)
                            .map(|n| {
                                let id = free_task(from + worker * each + n);
                                let start = Instant::now();
                                claim(world, dir, by, &id, remote);
                                millis(start.elapsed())
                            })
                            .collect::<Vec<_>>()
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
}

/// The n-th task without a dependency: every fourth has one, every tenth is of another role.
fn free_task(n: usize) -> String {
    let number = n * 4;
    format!(
        "T-{:06}",
        if number % 10 == 9 { number + 1 } else { number }
    )
}

fn claim(world: &World, dir: &Path, by: By, id: &str, remote: bool) {
    match by {
        By::Plumbing => plumbing::claim(world, dir, id, remote),
        By::Shared => world.run_in(dir, &["claim", id, "--no-worktree"], &[]),
        By::Alone => {
            let alone = [("LANEWAY_PUBLISH_ALONE", "1")];
            world.run_in(dir, &["claim", id, "--no-worktree"], &alone);
        }
    }
}

/// One process per claim: the floor of a push is measured beside it.
fn push_floor(place: &Place) -> f64 {
    let dir = &place.dirs[0];
    let mut all = Vec::new();
    for n in 0..10 {
        let name = format!("refs/heads/floor-{n}");
        place.world.git_in(
            dir,
            &["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", &name],
        );
        let commit = place.world.git_in(
            dir,
            &[
                "commit-tree",
                "HEAD^{tree}",
                "-p",
                "HEAD",
                "-m",
                &format!("{name} again"),
            ],
        );
        let start = Instant::now();
        let spec = format!("{commit}:{name}");
        place.world.git_in(dir, &["push", "-q", "origin", &spec]);
        all.push(millis(start.elapsed()));
    }
    percentile(&mut all, 0.5)
}

/// All tables.
pub fn report() -> String {
    let mut text = format!(
        "One process per claim, different tasks of {TASKS}, no worktree. `shared`: processes of one \
         clone publish for each other; `alone`: each publishes by itself \
         (`LANEWAY_PUBLISH_ALONE=1`); `git`: the same objects by git's own commands, \
         `core.fsync=all`, which judge nothing.\n\n"
    );
    line(
        &mut text,
        "| where | by | processes | claims/s | p50 ms | p99 ms |",
    );
    line(&mut text, "|---|---|---|---|---|---|");
    let kinds = [
        ("full", By::Shared),
        ("full", By::Alone),
        ("full", By::Plumbing),
        ("fast", By::Shared),
    ];
    for (durability, by) in kinds {
        // A world of its own, so that each kind meets as many claims in progress as the others.
        let mut place = Place::local(durability);
        let name = format!("local, {durability}");
        for processes in [1, 2, 4, 8, 16] {
            row(&mut text, &mut place, &name, by, processes, CLAIMS);
        }
    }
    let mut place = Place::remote(1);
    let floor = push_floor(&place);
    for processes in [1, 2, 4, 8, 16] {
        let name = "file://, one clone";
        row(&mut text, &mut place, name, By::Shared, processes, 48);
        row(&mut text, &mut place, name, By::Alone, processes, 32);
        row(&mut text, &mut place, name, By::Plumbing, processes, 32);
    }
    drop(place);
    let mut place = Place::remote(16);
    for processes in [1, 2, 4, 8, 16] {
        let name = "file://, a clone each";
        row(&mut text, &mut place, name, By::Shared, processes, 48);
        row(&mut text, &mut place, name, By::Plumbing, processes, 32);
    }
    line(
        &mut text,
        &format!(
            "\nA plain `git push` of one commit over file:// took {floor:.0} ms in the same run."
        ),
    );
    text
}

fn row(text: &mut String, place: &mut Place, name: &str, by: By, processes: usize, claims: usize) {
    let (rate, p50, p99) = place.race(by, processes, claims);
    let who = match by {
        By::Shared => "laneway, shared",
        By::Alone => "laneway, alone",
        By::Plumbing => "git",
    };
    line(
        text,
        &format!("| {name} | {who} | {processes} | {rate:.0} | {p50:.0} | {p99:.0} |"),
    );
}

fn line(text: &mut String, line: &str) {
    println!("{line}");
    writeln!(text, "{line}").unwrap();
}
