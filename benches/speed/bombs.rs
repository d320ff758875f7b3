//! A plan that is large on purpose (P23): what it costs beside one pass of the parser over the same
//! bytes, and at most how much memory.

use std::fmt::Write as _;
use std::fs;

use crate::floors::parse_floor;
use crate::world::World;

/// Tasks of the plan, each of which waits for the next one: a cycle.
const NODES: usize = 100_000;

pub fn report() -> String {
    let mut plan = String::from("version: 1\ntasks:\n");
    for n in 0..NODES {
        let next = (n + 1) % NODES;
        writeln!(
            plan,
            "- {{id: C-{n}, title: x, role: B, depends_on: [C-{next}]}}"
        )
        .unwrap();
    }
    let world = World::new(1);
    fs::write(world.repo().join("governance/queue.yaml"), &plan).unwrap();
    world.git(&["add", "governance"]);
    world.git(&["commit", "-qm", "plan"]);
    let floor = parse_floor(plan.as_bytes());
    let mut table = format!(
        "A cycle of {NODES} tasks in one file, read without a cache. Promised are 200 MB.\n\n\
         | what | ms | one pass of the YAML parser | ratio | MB |\n|---|---|---|---|---|\n"
    );
    for args in [
        &["validate"][..],
        &["ready"],
        &["show", "C-7"],
        &["claim", "--role", "B"],
    ] {
        let ms = world.time(5, true, args);
        world.forget_cache();
        let memory = world.memory(args);
        let memory = memory.map_or("–".to_owned(), |mb| format!("{mb:.0}"));
        let (what, ratio) = (args.join(" "), ms / floor);
        let line = format!("| `{what}` | {ms:.0} | {floor:.0} | {ratio:.1} | {memory} |");
        println!("{line}");
        writeln!(table, "{line}").unwrap();
    }
    table
}
