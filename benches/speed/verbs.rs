//! One verb after the other, at several sizes.

use std::fmt::Write as _;
use std::fs;
use std::time::Instant;

use crate::figures::{median, millis};
use crate::floors::{claim_floor, parse_floor};
use crate::world::World;

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
    let lane = world.repo().with_file_name("repo-B");
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

/// The table of all verbs at these sizes.
pub fn report(sizes: &[usize]) -> String {
    let spawn = crate::floors::spawn_floor();
    let mut table = String::new();
    let head =
        "| tasks | what | ms | floor | ms | ratio | peak MB |\n|---|---|---|---|---|---|---|\n";
    print!("{head}");
    for size in sizes {
        measure(*size, spawn, &mut table);
    }
    format!("{head}{table}")
}
