//! What a year leaves behind: a history made by the real publication, scaled down, then packed.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use laneway::domain::request::{Actor, ClaimWish, Request, Verb};
use laneway::domain::state::Epoch;
use laneway::ledger::Publisher;

use crate::figures::{median, millis};
use crate::world::World;

/// Ledger commits of a year at 2,000 a day.
const YEAR: usize = 730_000;

/// Makes `commits` ledger commits, half of them claims and half releases, without flushing.
fn live(world: &World, commits: usize, from: usize) {
    let ledger = world.ledger();
    let env = &ledger.env;
    let publisher = Publisher::new(&ledger, std::time::Duration::from_secs(60));
    let request = |verb: Verb, epoch: Option<Epoch>| Request {
        id: env.request_id(),
        at: env.now(),
        actor: Actor {
            agent: "@year".parse().unwrap(),
            host: env.host.clone(),
            epoch,
            clock_jump: None,
        },
        verb,
    };
    for n in 0..commits / 2 {
        let number = (from + n) % 400 * 20;
        let task: laneway::domain::id::TaskId = format!("T-{number:06}").parse().unwrap();
        let wish = ClaimWish {
            task: Some(task.clone()),
            ..ClaimWish::default()
        };
        drop(publisher.submit(&request(Verb::Claim(wish), None)).unwrap());
        let release = Verb::Release {
            task,
            force: false,
            reason: None,
            saved: None,
        };
        drop(publisher.submit(&request(release, None)).unwrap());
    }
}

/// Median milliseconds of a claim, given back after each.
fn claim(world: &World) -> f64 {
    let mut all = Vec::new();
    for n in 0..11 {
        let id = format!("T-{:06}", n * 20);
        let start = Instant::now();
        world.run(&["claim", &id, "--no-worktree"]);
        all.push(millis(start.elapsed()));
        world.run(&["release", &id]);
    }
    median(all)
}

fn megabytes(path: &Path) -> f64 {
    let mut sum = 0;
    let mut dirs = vec![path.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let data = entry.metadata().unwrap();
            if data.is_dir() {
                dirs.push(entry.path());
            } else {
                sum += data.len();
            }
        }
    }
    sum as f64 / 1e6
}

/// The table: claim time and size along a growing history, with the packing after each part.
pub fn report() -> String {
    let all = crate::numbers("BENCH_COMMITS", "15000")[0];
    let parts = 5;
    let world = World::new(8000);
    let policy = world.repo().join("governance/policy.yaml");
    let rules = std::fs::read_to_string(&policy).unwrap() + "\ndurability: fast\n";
    std::fs::write(&policy, rules).unwrap();
    world.git(&["commit", "-qam", "fast"]);
    let objects = world.repo().join(".git/objects");
    let mut text = format!(
        "A year at 2,000 ledger commits a day is {YEAR}; made here are {all} by the real publication \
         (`BENCH_COMMITS`), packed by `laneway maintain` after each {}. `durability: fast`, 8,000 \
         tasks, no worktree.\n\n",
        all / parts
    );
    text.push_str(
        "| ledger commits | claim ms, loose | objects MB, loose | packing s | claim ms, packed | \
         objects MB, packed |\n|---|---|---|---|---|---|\n",
    );
    let mut packing = Vec::new();
    for part in 1..=parts {
        live(&world, all / parts, part * all / parts / 2);
        let (loose, size) = (claim(&world), megabytes(&objects));
        let start = Instant::now();
        world.run(&["maintain"]);
        let took = start.elapsed().as_secs_f64();
        packing.push(took);
        let line = format!(
            "| {} | {loose:.1} | {size:.0} | {took:.1} | {:.1} | {:.0} |",
            part * all / parts,
            claim(&world),
            megabytes(&objects)
        );
        println!("{line}");
        writeln!(text, "{line}").unwrap();
    }
    let start = Instant::now();
    world.git(&["repack", "-a", "-d", "-q"]);
    let whole = start.elapsed().as_secs_f64();
    let scale = YEAR as f64 / all as f64;
    writeln!(
        text,
        "\nPacking everything anew (`git repack -a -d`) took {whole:.1} s and left {:.0} MB; a year is \
         {scale:.1} times that: about {:.0} minutes and {:.0} MB if it grows in proportion (extrapolated, \
         not measured).",
        megabytes(&objects),
        whole * scale / 60.0,
        megabytes(&objects) * scale
    )
    .unwrap();
    text
}
